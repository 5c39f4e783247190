/** Text as man(7) wants it. */
import { VERSION } from '../../src/shared/version.ts'

/** A page's first lines. No date: the version says how old a page is, and two builds of it are equal. */
export function title(name: string, section: number): readonly string[] {
  return [
    `.\\" Written by "npm run reference" from the command line itself; a test fails where it is out of date.`,
    `.TH ${name.toUpperCase()} ${section} "" "Dockgate ${VERSION}"`,
  ]
}

/** Text that is printed as it is, in a line of its own. */
export function plain(text: string): string {
  const safe = text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('`', '\\(ga')
    .replaceAll(/[^\0-~]/gu, (letter) => `\\[u${code(letter)}]`)
  return /^[.']/.test(safe) ? `\\&${safe}` : safe
}

/** As it is typed. */
export function bold(text: string): string {
  return `\\fB${plain(text)}\\fR`
}

/** What something else stands for. */
export function italic(text: string): string {
  return `\\fI${plain(text)}\\fR`
}

/** Prose, in which `what stands so` is as it is typed. */
export function prose(text: string): string {
  const parts = text.split('`').map((part, at) => (at % 2 === 0 ? plain(part) : bold(part)))
  return parts.join('').replace(/^\\&(?=\\f)/, '')
}

/** A term, and what is said of it. */
export function entry(term: string, text: string): readonly string[] {
  return ['.TP', term, prose(text)]
}

/** Lines that are kept as they are. */
export function example(lines: readonly string[]): readonly string[] {
  return ['.PP', '.in +4n', '.nf', ...lines.map(plain), '.fi', '.in']
}

function code(letter: string): string {
  return (letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
}
