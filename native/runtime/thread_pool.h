// A small process-wide pool of worker threads.
//
// parallel_for splits work into tasks that threads take as they become free. Which thread runs which task is not
// deterministic, so a task must write only its own outputs, and the caller combines sums over tasks in task order.
// Then the same number of tasks gives the same bits, whatever the timing.
#pragma once
#include <cstdint>

namespace nvae {

using TaskFunction = void (*)(int64_t task, void* context);

// Number of threads that take part in parallel_for, including the calling thread.
int thread_count();

// Sets the number of threads (at least 1). Called once, before the first parallel_for.
void set_thread_count(int threads);

// Runs fn(0..tasks-1, context) and returns when all are done. Calls from several threads are serialised.
void parallel_for(int64_t tasks, TaskFunction fn, void* context);

template <typename Function>
inline void parallel(int64_t tasks, Function&& fn) {
  if (tasks <= 0) return;
  if (tasks == 1) {
    fn(int64_t{0});
    return;
  }
  parallel_for(
      tasks, [](int64_t task, void* context) { (*static_cast<Function*>(context))(task); }, &fn);
}

}  // namespace nvae
