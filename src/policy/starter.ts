/** The policy that one starts from: Docker for one worker, its own containers only, within a folder and limits. */
import { stringify } from 'yaml'

export interface Start {
  readonly worker: string
  /** `unix:///…`, or undefined to let the gate look for one. */
  readonly engine: string | undefined
  /** Where editors find the JSON Schema, a path or an address. */
  readonly schema: string | undefined
}

/** The text of a policy with comments. What it is given is quoted, not checked. */
export function starterPolicy({ worker, engine, schema }: Start): string {
  return `${beginning({ worker, engine, schema }, `/run/dockgate/${worker}/docker.sock`)}    docker:
      # On what the worker made itself; containers of others stay hidden. A word is a command, as in docker system df.
      # What a word needs of the engine and this version does not know yet is refused when it is used, with the reason.
      allow:
        - ps
        - inspect
        - logs
        - images
        - info
        - version
        - stats
        - start
        - stop
        - restart
        - rm
        - rmi
        - wait
        - pull
        - build
        - run
        - compose
        - system df
        - system prune
        - network ls
        - volume ls
      # Your own containers, by name. inspect would show their environment variables, passwords among them.
      # reach:
      #   ollama: [logs, stats, restart]
      run:
        # * stands for any part between two slashes, ** for several. These are Docker's official images.
        images:
          - docker.io/library/*
        # Folders that containers may mount. In rw they write as root.
        binds:
          - { path: ${value(`/srv/${worker}`)}, mode: rw }
        # Ports of this host that containers may publish. 127.0.0.1 keeps them off the network. Several ranges are a list of such maps.
        ports:
          address: 127.0.0.1
          range: 20000-20999
        # Each container gets this where it asks for no less; total is for all of them together, the stopped ones too.
        limits:
          memory: 1g
          cpus: 1
          pids: 512
          containers: 8
          total: { memory: 8g, cpus: 8 }
      # Help of your own, printed when a command is refused.
      hints:
        exec: "Put the command into the image or the run command, and read what it prints with logs"
${HOST_PART}`
}

/** All that stands before the rights. @param socket its path */
export function beginning({ worker, engine, schema }: Start, socket: string): string {
  return `${schema === undefined ? '' : `# yaml-language-server: $schema=${schema}\n#\n`}# What an AI worker may do with this host's Docker, in Docker's own words. Everything not listed is refused.
# After a change: dockgate policy check FILE, and dockgate policy show FILE says in plain words what it gives.
version: 1
${engine === undefined ? '# Without the next line the gate looks for the engine: DOCKER_HOST, then the usual places.\n# engine: unix:///var/run/docker.sock' : `engine: ${value(engine)}`}
workers:
  ${value(worker)}:
    # The worker's DOCKER_HOST is unix:// and this path. Whoever can open it is this worker.
    socket:
      path: ${value(socket)}
      mode: "0660"
      # The account or group that the worker runs as; without them only the gate's own account can open it.
      # owner: ${worker}
      # group: ${worker}
`
}

/** Given only by who asks for it. */
const HOST_PART = `    # Programs of this host that the gate runs for the worker over SSH or MCP, with exactly these arguments (docs/host.md).
    # host:
    #   allow:
    #     - iptables -S
    #     - ss -tlnp
    #     - fail2ban-client status <jail>
    #     - journalctl -u <unit> -n <lines>
    #   parameters: { jail: "[a-z0-9-]+", unit: [ssh, docker], lines: 1..1000 }
`

/** Text as one YAML value, in quotes where it needs them. */
export function value(text: string): string {
  return stringify(text, { lineWidth: 0 }).trimEnd()
}
