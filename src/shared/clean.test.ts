import { expect, test } from 'vitest'
import { cleanText } from './clean.ts'

test.each([
  ['plain\ttext\n', 'plain\ttext\n'],
  ['\u001b[31mred\u001b[0m', 'red'],
  ['\u001b]0;title\u0007text', 'text'],
  ['\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\', 'link'],
  ['a\rb\r\nc\u0008\u0000d\u009b', 'ab\ncd'],
  ['a\u202eb\u2066c\u200bd\u{e0041}e\u2028f', 'abcdef'],
  ['é ✓ \u{1f600}', 'é ✓ \u{1f600}'],
])('%j is shown as %j', (text, clean) => {
  expect(cleanText(text)).toBe(clean)
})
