/** A reason why TensorFlow cannot be linked: one sentence that says what to do, and related output. */
export class Problem extends Error {
  constructor(message, output = '') {
    super(message);
    this.output = output;
  }
}
