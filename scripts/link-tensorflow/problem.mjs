/** What keeps TensorFlow from being linked: one sentence that says what to do, and output that belongs to it. */
export class Problem extends Error {
  constructor(message, output = '') {
    super(message);
    this.output = output;
  }
}
