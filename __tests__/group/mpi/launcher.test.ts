import { describe, expect, it } from '@jest/globals';
import { launcherOf } from '../../../src/group/mpi/launcher.js';
import { timeLimitOf } from '../../../src/group/timeLimit.js';

describe('launcherOf', () => {
  it.each([
    ['nothing', {}, null],
    [
      'mpirun',
      { OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: '4' },
      { name: 'mpirun', rank: 1, size: 4 },
    ],
    ['mpirun -n 1', { OMPI_COMM_WORLD_RANK: '0', OMPI_COMM_WORLD_SIZE: '1' }, null],
    [
      'srun --mpi=pmix',
      { SLURM_PROCID: '2', SLURM_STEP_NUM_TASKS: '3', PMIX_RANK: '2' },
      { name: 'srun', rank: 2, size: 3 },
    ],
    [
      'srun without MPI',
      { SLURM_PROCID: '2', SLURM_STEP_NUM_TASKS: '3' },
      {
        name: 'srun',
        rank: 2,
        size: 3,
        problem: 'srun was started without support of MPI; start them with srun --mpi=pmix',
      },
    ],
    [
      'mpirun, whose daemons srun has started',
      {
        OMPI_COMM_WORLD_RANK: '5',
        OMPI_COMM_WORLD_SIZE: '8',
        SLURM_PROCID: '1',
        SLURM_STEP_NUM_TASKS: '2',
      },
      { name: 'mpirun', rank: 5, size: 8 },
    ],
    ['a batch script of Slurm', { SLURM_PROCID: '0', SLURM_NTASKS: '4' }, null],
    ['MPICH', { PMI_RANK: '0', PMI_SIZE: '2' }, { name: 'the launcher', rank: 0, size: 2 }],
    ['something that is no number', { PMI_RANK: 'a', PMI_SIZE: '2' }, null],
  ])('should know %s', (_, environment, expected) => {
    expect(launcherOf(environment)).toEqual(expected);
  });
});

describe('timeLimitOf', () => {
  it('should read seconds', () => {
    expect(timeLimitOf({ NVAE_GROUP_TIMEOUT: '2.5' })).toBe(2500);
    expect(timeLimitOf({ NVAE_GROUP_TIMEOUT: '' })).toBe(600_000);
    expect(timeLimitOf({})).toBe(600_000);
  });

  it.each(['0', '-1', 'soon', 'Infinity'])('should refuse %s', (text) => {
    expect(() => timeLimitOf({ NVAE_GROUP_TIMEOUT: text })).toThrow(
      `NVAE_GROUP_TIMEOUT: must be a positive number of seconds (got "${text}"); unset it to wait 600 s`,
    );
  });
});
