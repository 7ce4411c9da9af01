/** Ends a run with one line that a person and a script can both read: `N passed, N failed`. */
module.exports = class SummaryReporter {
  onRunComplete(_contexts, results) {
    // A suite that could not start counts as one failure: none of its tests ran.
    const broken = results.testResults.filter((suite) => suite.testExecError).length;
    console.log(`\n${results.numPassedTests} passed, ${results.numFailedTests + broken} failed`);
  }
};
