// What takes minutes: the suite on every other engine, kills at random moments, compilers, odd folders.
import everyday, { testsIn } from './jest.config.js';

export default { ...everyday, testRegex: testsIn('long/') };
