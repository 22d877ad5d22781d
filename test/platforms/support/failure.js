/** A platform on which something does not work; `output` is what shows it. */
class Failure extends Error {
  constructor(message, output = "") {
    super(message);
    this.output = output;
  }
}

/** A platform that cannot be tested on this machine. */
class Skip extends Error {}

module.exports = { Failure, Skip };
