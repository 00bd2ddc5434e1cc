// The ranks of an MPI job, as one process sees them: collective calls that start at once, a thread that looks after those on their way,
// and a time limit.
//
// MPI is initialised as MPI_THREAD_SERIALIZED: one thread at a time, whichever holds the mutex. A call is started by the thread of JavaScript
// as a non-blocking collective. A call that JavaScript waits for is driven by its own thread, without a switch to another one. All others are
// driven by the thread of this class, which sleeps between two looks, so that it does not take a processor from those that compute. It also
// answers the questions of other ranks, which ask when a call takes too long: how many calls have you started?
#pragma once

#include <mpi.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <vector>

namespace nvae_mpi {

using Clock = std::chrono::steady_clock;

enum class Kind { kSumOfFloats, kSumOfDoubles, kBroadcast, kBarrier };

struct Call {
  Kind kind = Kind::kBarrier;
  void* data = nullptr;
  int count = 0;
  int root = 0;
  // What the world keeps about a call on its way.
  MPI_Request request = MPI_REQUEST_NULL;
  int64_t number = 0;
};

class World {
 public:
  // Told on the thread of this class: a call has ended, in the order of their start. The text is empty, or says what failed.
  using Ended = std::function<void(Call*, const std::string&)>;

  // Starts the thread, which initialises MPI and then calls ready() with what failed, or nothing.
  void open(double time_limit_seconds, Ended ended, std::function<void(const std::string&)> ready);

  int rank() const { return rank_; }
  int size() const { return size_; }

  // Starts a call; ended() is told when it ends. It belongs to the world until then.
  void start(Call* call);
  // Starts a call and returns when it has ended: an empty text, or what failed. It waits for no other call.
  std::string run(Call* call);
  // Ends MPI in good order, after all calls have ended; done() is called on the thread of this class.
  void finalize(std::function<void(const std::string&)> done);
  // Ends the job on all ranks, and this process.
  [[noreturn]] void abort();
  // Returns when no function is called any more, for the end of the process. Nothing can be called after it.
  void stop();

 private:
  // Calls that block and calls that do not are started in orders of their own, which are the same on all ranks.
  enum Order { kPromised, kBlocking };
  struct Lane {
    MPI_Comm calls = MPI_COMM_NULL;
    int64_t started = 0;
  };
  struct Note {
    int64_t value;
    MPI_Request request;
  };

  void loop();
  void initialise();
  void begin(Call* call, Order order);
  bool has_ended(Call* call);
  void deliver();
  bool look();
  void answer_questions();
  void send_note(int to, int tag, int64_t value);
  void watch_time(const Call& call, Order order, Clock::time_point since);
  std::string missing(const Call& call) const;
  void fail(const std::string& reason);
  void end_if_forgotten();
  [[noreturn]] void end_job();

  std::mutex mutex_;
  std::condition_variable changed_;
  Ended ended_;
  std::function<void(const std::string&)> ready_;
  std::function<void(const std::string&)> finalized_;
  double time_limit_ = 0;
  int rank_ = 0;
  int size_ = 1;
  Lane lanes_[2];
  MPI_Comm notes_ = MPI_COMM_NULL;
  std::deque<Call*> on_their_way_;
  Clock::time_point first_since_;  // when the first of them became the first
  bool caller_drives_ = false;
  std::atomic<bool> stopped_{false};
  std::list<Note> sent_;
  // The questions after the time limit.
  bool asked_ = false;
  Clock::time_point asked_since_;
  std::vector<int64_t> answers_;
  std::string failure_;
  Clock::time_point failed_since_;
};

}  // namespace nvae_mpi
