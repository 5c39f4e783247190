/** Says of each test whether it passed. A hook that fails is one that did not. */
const { writeSync } = require('node:fs')

module.exports = function report(runner) {
  const say = (what) => (test, cause) => {
    writeSync(3, `${what} ${test.fullTitle().replaceAll('\n', ' ')}\n`)
    if (cause !== undefined) console.log(`${test.fullTitle()}: ${cause.stack}`)
  }
  runner.on('pass', say('passed')).on('fail', say('failed'))
}
