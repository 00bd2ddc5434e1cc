// What can run at every change: tests without processes, engines and screens.
import everyday from './jest.config.js';

const { globalSetup: _, ...rest } = everyday; // builds what tests start in processes

export default { ...rest, filter: '<rootDir>/__tests__/support/fastTests.cjs' };
