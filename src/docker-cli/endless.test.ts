import { describe, expect, test } from 'vitest'
import { endlessOf } from './endless.ts'
import { knownCommand } from './risks.ts'

function instead(line: string): string | undefined {
  const command = knownCommand(line.split(' '))
  if (command === undefined) throw new Error(`${line} is not known`)
  return endlessOf(command)?.instead
}

describe('a command that would not end', () => {
  test.each([
    'logs -f web',
    'logs --follow web',
    'logs -tf web',
    'logs --follow=true web',
    'create -it alpine',
    'create --interactive alpine',
    'run -d -i alpine',
    'run --rm --name x -t alpine',
    'exec -e A=b -w / -t web sh',
    'run -v a:b -t alpine',
    'start --interactive web',
    'start -a web',
    'compose stats',
    'compose attach web',
    'compose logs --follow web',
    'container logs --tail 5 -f web',
    'stats',
    'stats web',
    'events',
    'events --since 1h',
    'attach web',
    'run -it alpine sh',
    'run --rm -i -t alpine sh',
    'run -ti --name x alpine',
    'run -e A=b --tty alpine',
    'exec -it web sh',
    'start -ai web',
    'start --attach web',
    'compose up',
    'compose -p x up --build',
    'compose logs -f',
    'compose events',
    'compose watch',
  ])('%s is found', (line) => {
    expect(instead(line)).toEqual(expect.any(String))
  })

  test.each([
    'logs web',
    'logs --tail 5 web',
    'logs --since-f web',
    'logs -fx web',
    'start -ax web',
    'start x-a',
    'start --detach-keys -a-b web',
    'stats --no-stream=true',
    'create alpine -it',
    'run -d x -t',
    'run --name x y -t',
    'run --label=a x -t',
    'compose up --detach',
    'compose up --no-start',
    'compose up --wait',
    'compose stats --no-stream',
    'compose config',
    'stats --no-stream',
    'events --since 1h --until 0s',
    'events --until=0s',
    'run --rm alpine ls -it',
    'run -d alpine sleep -i',
    'run -e TTY=1 alpine tar -tf x',
    'run --init alpine -it',
    'exec web ls -t',
    'exec -d web top -it',
    'start web',
    'compose up -d',
    'compose logs web',
    'compose run web ls',
    'ps',
  ])('%s ends by itself', (line) => {
    expect(instead(line)).toBeUndefined()
  })
})
