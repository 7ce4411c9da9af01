/** Ends a run with one line that a person and a script can both read: `N passed, N failed`. */
module.exports = class SummaryReporter {
  onRunComplete(_contexts, results) {
    // A suite that could not start counts as one failure: none of its tests ran.
    const broken = results.testResults.filter((suite) => suite.testExecError).length;
    const line = `\n${results.numPassedTests} passed, ${results.numFailedTests + broken} failed`;
    // At the very end: the default reporter has a summary of its own to write.
    process.on('exit', () => console.log(line));
  }
};
