/** Which of several processes this is, as the program says that has started them, such as mpirun. */
export interface Launcher {
  /** For messages. */
  readonly name: string;
  readonly rank: number;
  /** At least 2. */
  readonly size: number;
  /** Why the processes cannot find each other, and what to do, if that is known. */
  readonly problem?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The variables of a launcher with this process's rank and the number of processes. The first that are set count. */
const launchers = [
  { name: 'mpirun', rank: 'OMPI_COMM_WORLD_RANK', size: 'OMPI_COMM_WORLD_SIZE' },
  // Slurm sets these only for the processes of srun, not for a batch script. It goes before PMI, which it may set besides.
  { name: 'srun', rank: 'SLURM_PROCID', size: 'SLURM_STEP_NUM_TASKS' },
  { name: 'the launcher', rank: 'PMI_RANK', size: 'PMI_SIZE' }, // of MPICH and its kin
] as const;

/** Returns null if this process was started alone. Looks at environment variables only. */
export function launcherOf(environment: Environment = process.env): Launcher | null {
  for (const { name, ...names } of launchers) {
    const [rank, size] = [environment[names.rank], environment[names.size]].map(numberOf);
    if (rank === undefined || size === undefined) continue;
    if (size < 2) return null;
    const problem = name === 'srun' && !environment.PMIX_RANK && !environment.PMI_RANK;
    return { name, rank, size, ...(problem && { problem: noPmi }) };
  }
  return null;
}

const noPmi = 'srun was started without support of MPI; start them with srun --mpi=pmix';

function numberOf(text: string | undefined): number | undefined {
  return text && /^\d+$/.test(text) ? Number(text) : undefined;
}
