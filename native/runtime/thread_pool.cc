#include "runtime/thread_pool.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace nvae {
namespace {

inline void relax() {
#if defined(__x86_64__)
  _mm_pause();
#else
  std::this_thread::yield();
#endif
}

// About 50 microseconds: longer than the pause between two kernels of a step, short enough to sleep between steps.
constexpr int kSpins = 2000;

class Pool {
 public:
  int threads() const { return threads_; }

  void resize(int threads) {
    std::lock_guard<std::mutex> caller(caller_);
    if (!started_) threads_ = threads < 1 ? 1 : threads;
  }

  void run(int64_t tasks, TaskFunction fn, void* context) {
    std::lock_guard<std::mutex> caller(caller_);
    if (threads_ == 1) {
      for (int64_t task = 0; task < tasks; ++task) fn(task, context);
      return;
    }
    start();
    fn_ = fn;
    context_ = context;
    tasks_ = tasks;
    next_.store(0, std::memory_order_relaxed);
    busy_.store(threads_ - 1, std::memory_order_relaxed);
    {
      std::lock_guard<std::mutex> lock(wake_mutex_);
      generation_.fetch_add(1, std::memory_order_release);
    }
    if (sleeping_.load(std::memory_order_seq_cst) > 0) wake_.notify_all();
    work();
    // A worker may have lost its processor to another program, so this thread yields its own.
    for (int spins = 0; busy_.load(std::memory_order_acquire) != 0; ++spins) {
      if (spins < kSpins) relax();
      else std::this_thread::yield();
    }
  }

 private:
  void start() {
    if (started_) return;
    started_ = true;
    for (int i = 1; i < threads_; ++i) std::thread([this] { loop(); }).detach();
  }

  void work() {
    for (;;) {
      const int64_t task = next_.fetch_add(1, std::memory_order_relaxed);
      if (task >= tasks_) return;
      fn_(task, context_);
    }
  }

  void loop() {
    uint64_t seen = 0;
    for (;;) {
      int spins = 0;
      while (generation_.load(std::memory_order_acquire) == seen) {
        if (++spins < kSpins) {
          relax();
          continue;
        }
        std::unique_lock<std::mutex> lock(wake_mutex_);
        sleeping_.fetch_add(1, std::memory_order_seq_cst);
        wake_.wait(lock, [&] { return generation_.load(std::memory_order_acquire) != seen; });
        sleeping_.fetch_sub(1, std::memory_order_seq_cst);
      }
      seen = generation_.load(std::memory_order_acquire);
      work();
      busy_.fetch_sub(1, std::memory_order_release);
    }
  }

  int threads_ = static_cast<int>(std::thread::hardware_concurrency());
  bool started_ = false;
  std::mutex caller_;
  TaskFunction fn_ = nullptr;
  void* context_ = nullptr;
  int64_t tasks_ = 0;
  std::atomic<int64_t> next_{0};
  std::atomic<int> busy_{0};
  std::atomic<uint64_t> generation_{0};
  std::atomic<int> sleeping_{0};
  std::mutex wake_mutex_;
  std::condition_variable wake_;
};

// Never destroyed: its detached threads may still be waiting on it when the process ends.
Pool& pool() {
  static Pool* instance = new Pool();
  return *instance;
}

}  // namespace

int thread_count() { return pool().threads(); }
void set_thread_count(int threads) { pool().resize(threads); }
void parallel_for(int64_t tasks, TaskFunction fn, void* context) { pool().run(tasks, fn, context); }

}  // namespace nvae
