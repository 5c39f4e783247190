/** What runs in a container, and how an image would have it. */
import { dictionary, each, fields, flag, list, number, text, texts } from '../fields.ts'
import { imageText, labels } from '../words.ts'
import { wordsIn } from '../../shared/words.ts'

const NOTHING = fields({})

export const config = fields({
  ...each(wordsIn('Hostname Domainname User WorkingDir MacAddress StopSignal PublishService'), text),
  Image: imageText,
  ...each(
    wordsIn(`
      AttachStdin AttachStdout AttachStderr Tty OpenStdin StdinOnce ArgsEscaped NetworkDisabled
    `),
    flag,
  ),
  ...each(wordsIn('Env Cmd Entrypoint OnBuild Shell'), texts),
  ExposedPorts: dictionary(NOTHING),
  Volumes: dictionary(NOTHING),
  Labels: labels,
  StopTimeout: number,
  Healthcheck: fields({
    Test: texts,
    ...each(wordsIn('Interval Timeout StartPeriod StartInterval Retries'), number),
  }),
})

/** What a health check has found. */
export const health = fields({
  Status: text,
  FailingStreak: number,
  Log: list(fields({ Start: text, End: text, ExitCode: number, Output: text })),
})
