import { describe, expect, test } from 'vitest'
import { parsePolicy } from './parse.ts'
import { describePolicy } from './show.ts'
import { starterPolicy } from './starter.ts'
import { SUBCOMMANDS } from './subcommands.ts'

function shown(text: string): string {
  const parsed = parsePolicy(text, 'policy.yaml')
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems))
  return describePolicy(parsed.policy)
}

describe('a policy in plain words', () => {
  test('the one to start from', () => {
    expect(shown(starterPolicy({ worker: 'ai-worker', engine: undefined, schema: 'x' }))).toBe(`\
engine: looked for when the gate starts

worker ai-worker
  socket
    /run/dockgate/ai-worker/docker.sock (mode 0660, directory 0750, owner the gate's,
      group the gate's)
    64 connections at once
  its own containers, images, networks and volumes
    ps, inspect, logs, stats, run, start, stop, restart, wait, rm, images, pull, rmi, build,
      network ls, volume ls, info, version, system df, system prune, compose
    inspect also gives: image inspect, network inspect, volume inspect
    run also gives: create, kill
    system prune also gives: container prune, image prune, builder prune, network prune,
      volume prune
    compose also gives: top, create, kill, pause, unpause, rename, image inspect, network inspect,
      network create, network connect, network disconnect, network rm, volume inspect,
      volume create, volume rm, events
    ! run runs programs of its choice, as root in the container, with the network that Docker gives
    ! build runs programs of its choice while it builds
  the operator's containers
    none
  programs in containers that are there (exec)
    in its own containers: nothing
  images
    docker.io/library/*
  folders of the host
    /srv/ai-worker (rw)
    ! containers write in it as root: keep it on a file system mounted nosuid and nodev
  published ports
    20000 to 20999 on 127.0.0.1
  limits
    each container: memory 1g, CPUs 1, processes 512, --ulimit nofile up to 65536, /dev/shm 64m,
      log 10m three times
    together: containers 8, networks 10, named volumes 50, memory 8g, CPUs 8
  networks
    its own, Docker's default bridge
  restart policies
    no, on-failure
  diagnostics of the host, which the gate runs
    none
  not allowed
    update, attach, exec, cp, export, diff, commit, history, push, tag, save, load, import, search,
      volume update, login
  told when refused
    exec: Put the command into the image or the run command, and read what it prints with logs`)
  })

  test('tells each range of ports, and which is meant by what is left open', () => {
    const text = shown(`version: 1
workers:
  a:
    socket: /run/a
    docker:
      allow: []
      run:
        ports: [{ address: 0.0.0.0, range: 80 }, { range: 80-90 }, { range: 443, address: "::1" }]
`)
    expect(text).toContain(`
  published ports
    80 on 0.0.0.0
    ! open to every network of the host; Docker's own rules pass by most firewalls
    80 to 90 on 127.0.0.1
    ! below 1024 it can take the place of the host's own services
    443 on ::1
    ! below 1024 it can take the place of the host's own services
    without a number: 80 to 90 on 127.0.0.1
    80 without an address: on 0.0.0.0
  limits
`)
  })

  test('tells the subnets that may be chosen, behind the networks', () => {
    const run = 'networks: [lent], subnets: [172.30.0.0/16, 203.0.113.0/24]'
    const text = shown(
      `version: 1\nworkers: { a: { socket: /run/a, docker: { allow: [], run: { ${run} } } } }`,
    )
    expect(text).toContain(`
  networks
    its own, Docker's default bridge, lent
    ! its containers reach whatever else is in these networks
    own subnets and addresses in 172.30.0.0/16
    ! while a network of its own has one of these addresses, the host reaches nobody else by it
    own subnets and addresses in 203.0.113.0/24
    ! addresses of the Internet: for the host its network stands in the place of whoever has one
`)
  })

  test('says for how many containers there is room', () => {
    const limits = (total: string) => `version: 1
workers: { a: { socket: /run/a, docker: { allow: [], run: { limits: { memory: 4g, cpus: 2, containers: 10${total} } } } } }`
    expect(shown(limits(', total: { memory: 8g }'))).toContain('! there is room for 2 containers')
    expect(shown(limits(', total: { cpus: 6 }'))).toContain('! there is room for 3 containers')
    expect(shown(limits(''))).not.toContain('there is room')
  })

  test('says what each right on a container of the operator means', () => {
    const text = shown(`version: 1
workers: { a: { socket: /run/a, docker: { allow: [], reach: { db: [inspect, logs, attach, exec] } } } }`)
    expect(text).toContain(`  the operator's containers
    db: inspect, logs, attach, exec
    ! inspect shows its environment variables, with the passwords in them
    ! logs shows whatever it prints, secrets too
    ! attach is typing into it
    ! exec runs any program in it, as root
`)
  })

  test('warns of what reaches beyond the containers', () => {
    const text = shown(`version: 1
workers:
  a:
    socket: { path: /run/a, mode: "0666" }
    docker:
      allow: [run]
      run:
        images: [docker.io/**]
        binds: [{ path: /srv/a, mode: rw }, { path: /srv/b, mode: ro }]
        ports: { address: 0.0.0.0, range: 8000-8999 }
        networks: [front]
        capabilities: [NET_ADMIN]
        ulimits: { memlock: unlimited, rtprio: 10, msgqueue: 8m }
        restart: [always, unless-stopped]
        docker_socket: own
      unrecorded: [ps]
      hints: { exec: ask }
`)
    const warnings = text.split('\n').filter((line) => line.startsWith('    ! '))
    expect(warnings.map((line) => line.slice(6))).toEqual([
      'every account of the host can use it',
      'run runs programs of its choice, as root in the container, with the network that Docker gives',
      'anybody can publish there',
      'containers write in it as root: keep it on a file system mounted nosuid and nodev',
      'containers read all of it, as root',
      "open to every network of the host; Docker's own rules pass by most firewalls",
      'whatever runs in a container that mounts it has all that this worker may',
      'its containers reach whatever else is in these networks',
      'by rtprio its processes can go before those of the host',
      'such containers start again after a reboot',
    ])
    expect(text).toContain('  ulimits\n    --ulimit up to: memlock unlimited, rtprio 10, msgqueue 8388608\n')
    expect(text).toContain("  capabilities beyond Docker's default\n    NET_ADMIN\n")
    expect(text).toContain('  goes on while the record cannot be written\n    ps\n')
    expect(text).toContain('  told when refused\n    exec: ask')
  })

  test('tells each diagnostic, what may stand in it, and what it shows once', () => {
    const text = shown(`version: 1
workers:
  a:
    socket: /run/a
    docker: { allow: [] }
    host:
      allow: [journalctl -u <unit> -n <lines>, journalctl -t kernel -n <lines>, ss -tlnp, fail2ban-client status <jail>]
      parameters: { unit: [ssh, cron], lines: 1..100, jail: '[a-z]+' }
`)
    expect(text).toContain(`  diagnostics of the host, which the gate runs
    journalctl -u <unit> -n <lines>
    journalctl -t kernel -n <lines>
    ss -tlnp
    fail2ban-client status <jail>
    <unit> is ssh, cron
    <lines> is 1 to 100
    <jail> is [a-z]+
    ! journalctl shows whatever was logged, secrets too
    ! ss -p names the processes of every account
`)
  })

  test('tells programs in containers', () => {
    const exec = (written: string) => {
      const text = shown(`version: 1
workers: { a: { socket: /run/a, docker: { allow: [], reach: { db: [logs] }, exec: ${written} } } }`)
      const start = text.indexOf('  programs in containers')
      return text.slice(start, text.indexOf('  images', start)).trimEnd().split('\n').slice(1)
    }
    expect(exec('{}')).toEqual(['    in its own containers: nothing'])
    expect(exec(`{ own: '*' }`)).toEqual(['    in its own containers: anything'])
    expect(exec('{ own: [ls, "cat <file>"], db: ["pg dump", ls], other: [] }')).toEqual([
      '    in its own containers: ls; cat <file>',
      '    in db: pg dump; ls',
      '    in other: nothing',
    ])
  })

  test('of one who may do nothing', () => {
    const text = shown('version: 1\nworkers: { a: { socket: /run/a, docker: { allow: [] } } }')
    expect(text).toContain(`
  its own containers, images, networks and volumes
    nothing
  the operator's containers
    none
`)
    expect(text).toContain(`
  folders of the host
    none
  published ports
    none
`)
    expect(text).toContain("\n  networks\n    its own, Docker's default bridge\n  restart policies\n")
    expect(text).not.toContain('told when refused')
    expect(text).not.toContain('MCP over HTTP')
  })

  test('of one who may do everything, on a network and over HTTP', () => {
    const text = shown(`version: 1
workers:
  a:
    socket: { path: /run/a, owner: ai, group: dev }
    docker: { allow: [${SUBCOMMANDS.join(', ')}], run: { networks: [front, back], restart: [] } }
    mcp: { listen: 127.0.0.1:8377, token: /etc/token }
`)
    expect(text).toContain("  not allowed\n    none of Docker's commands")
    expect(text).toContain("    its own, Docker's default bridge, front, back\n    ! its containers")
    expect(text).toContain('  restart policies\n    no\n')
    expect(text).toContain('owner ai, group dev)')
    expect(text).toContain(
      '\n  MCP over HTTP\n    http://127.0.0.1:8377/mcp, with the token in /etc/token\n  its own',
    )
  })

  test('every command is either given or under not allowed', () => {
    const text = shown('version: 1\nworkers: { a: { socket: /run/a, docker: { allow: [ps] } } }')
    const refused = text.slice(text.indexOf('  not allowed'))
    expect(refused).toMatch(/inspect, logs,/)
    expect(refused).not.toMatch(/ ps,/)
    expect(text).toContain('none, so nothing can be run')
  })
})
