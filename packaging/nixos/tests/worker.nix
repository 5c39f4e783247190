# A host with one worker that comes in by SSH, for both tests. Its key is the one that nixpkgs' own tests use, which everybody has.
{ pkgs, ... }:
let
  keys = import "${pkgs.path}/nixos/tests/ssh-keys.nix" pkgs;
in
{
  imports = [ ../module.nix ];

  services.openssh.enable = true;
  services.dockgate = {
    enable = true;
    workers.ai-worker.openssh.authorizedKeys.keys = [ keys.snakeOilEd25519PublicKey ];
    settings.workers.ai-worker = {
      docker = {
        allow = [
          "ps"
          "run"
          "rm"
          "logs"
        ];
        run.images = [ "docker.io/library/*" ];
      };
      host.allow = [ "sshd -T" ];
    };
  };

  # An account beside it, which is nobody to the gate.
  users.users.other.isNormalUser = true;

  environment.etc."worker-key" = {
    source = keys.snakeOilEd25519PrivateKey;
    mode = "0600";
  };
}
