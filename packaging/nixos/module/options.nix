# What an operator can say.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) literalExpression mkOption types;
  cfg = config.services.dockgate;
  json = pkgs.formats.json { };

  # The policy's own pattern of accounts and groups. It keeps patterns of sshd (*, !) out of Match too.
  accountName = types.strMatching "[a-z_][a-z0-9_-]{0,31}";

  # Keys that are declared here are of the right type at evaluation; all others are checked at the system's build (policy.nix).
  policyOfWorker = types.submodule {
    freeformType = json.type;
    options.docker = mkOption {
      type = types.submodule {
        freeformType = json.type;
        options = {
          allow = mkOption {
            type = types.listOf types.str;
            default = [ ];
            example = [
              "ps"
              "logs"
              "run"
            ];
            description = "Docker's commands that the worker may use, on what it made itself.";
          };
          reach = mkOption {
            type = types.attrsOf (types.listOf types.str);
            default = { };
            example = literalExpression ''{ ollama = [ "logs" "restart" ]; }'';
            description = "Your containers by name, and the commands that the worker may use on each.";
          };
        };
      };
      default = { };
      description = "What the worker may do with Docker.";
    };
  };

  worker =
    { name, config, ... }:
    {
      options = {
        user = mkOption {
          type = types.nullOr accountName;
          default = name;
          defaultText = literalExpression "the worker's name";
          description = ''
            The account that the worker runs as, or comes in as by SSH; its socket belongs to it, and no other worker may have it.
            `null` for a worker without an account of this host, as a container that its socket's directory is mounted in.
          '';
        };
        createUser = mkOption {
          type = types.bool;
          default = true;
          description = ''
            Whether the account is made here: a system account without a password, in no group but its own, with a home that nobody writes.
            Off where `users.users` has it already.
          '';
        };
        socket = {
          path = mkOption {
            type = types.path;
            default = "/run/dockgate/${name}/docker.sock";
            defaultText = literalExpression ''"/run/dockgate/''${name}/docker.sock"'';
            description = "Where the worker's socket is. The directory of one outside of /run/dockgate must be there.";
          };
          group = mkOption {
            type = types.nullOr accountName;
            default = null;
            example = "hermes";
            description = "A group that the socket belongs to; whoever is in it is this worker.";
          };
        };
        openssh = {
          enable = mkOption {
            type = types.bool;
            default = config.openssh.authorizedKeys.keys != [ ] || config.openssh.authorizedKeys.keyFiles != [ ];
            defaultText = literalExpression "whether there are authorizedKeys";
            description = "Whether the worker comes in by SSH: no shell, no terminal, no forwarding, nothing but `dockgate ssh`.";
          };
          authorizedKeys = {
            keys = mkOption {
              type = types.listOf types.singleLineStr;
              default = [ ];
              example = [ "ssh-ed25519 AAAA… agent" ];
              description = "Public keys that may come in as this worker.";
            };
            keyFiles = mkOption {
              type = types.listOf types.path;
              default = [ ];
              description = "Files of public keys, one on each line.";
            };
          };
        };
      };
    };
in
{
  options.services.dockgate = {
    enable = lib.mkEnableOption "Dockgate, Docker for AI workers by a policy";

    package = mkOption {
      type = types.package;
      default = pkgs.callPackage ../package.nix { };
      defaultText = literalExpression "pkgs.callPackage ./package.nix { }";
      description = "The dockgate package.";
    };

    settings = mkOption {
      type = types.submodule {
        freeformType = json.type;
        options = {
          version = mkOption {
            type = types.enum [ 1 ];
            default = 1;
            description = "The format's version.";
          };
          workers = mkOption {
            type = types.attrsOf policyOfWorker;
            default = { };
            description = "What each worker may do, by the names of `services.dockgate.workers`. Their sockets come from there.";
          };
        };
      };
      default = { };
      example = literalExpression ''
        {
          workers.ai-worker.docker = {
            allow = [ "ps" "logs" "run" "stop" "rm" ];
            run.images = [ "docker.io/library/*" ];
            run.binds = [ { path = "/srv/ai-worker"; mode = "rw"; } ];
          };
        }
      '';
      description = ''
        The policy, key by key as docs/policy.md has it. `dockgate policy check` passes it, or the system is not built. It is in the Nix
        store, which everybody reads: it names files with secrets (`mcp.token`), and holds none.
      '';
    };

    policyFile = mkOption {
      type = types.path;
      readOnly = true;
      description = "The policy as a file, for `dockgate policy show` and `policy diff` before a switch.";
    };

    workers = mkOption {
      type = types.attrsOf (types.submodule worker);
      default = { };
      description = "The workers of this host: their accounts, keys and sockets.";
    };

    docker = {
      package = lib.mkPackageOption pkgs "docker-client" { };
      plugins = mkOption {
        type = types.listOf types.package;
        default = [ pkgs.docker-compose ];
        defaultText = literalExpression "[ pkgs.docker-compose ]";
        description = "Plugins of the docker CLI that is run for workers over SSH and MCP.";
      };
    };

    holdMounts = mkOption {
      type = types.bool;
      default = lib.any (one: one.docker.run.docker_socket or "off" == "own") (
        lib.attrValues cfg.settings.workers
      );
      defaultText = literalExpression "whether a worker has docker.run.docker_socket = \"own\"";
      description = ''
        Whether the gate may hold folders by mounts that the engine sees. Workers may then mount folders below the roots of `run.binds`,
        and have their own socket in containers. It takes CAP_SYS_ADMIN, and a unit without a mount namespace of its own.
      '';
    };
  };
}
