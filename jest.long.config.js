// What takes minutes: the suite on every other engine, crashes, full disks, terminals, compilers, the package installed, a browser.
import everyday, { testsIn } from './jest.config.js';

export default { ...everyday, testRegex: testsIn('long/') };
