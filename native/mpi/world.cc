#include "world.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>

#if defined(__linux__)
#include <sys/prctl.h>
#endif

namespace nvae_mpi {
namespace {

using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::microseconds;
using Seconds = duration<double>;

// Tags of notes; that of an answer follows that of its question.
constexpr int kQuestion[] = {0, 2};
constexpr bool is_question(int tag) { return tag % 2 == 0; }

constexpr int64_t kNoAnswer = -1;

// A caller that waits does nothing else, so it looks all the time at first, but leaves its processor to whoever has work.
constexpr Seconds kSpin{0.002};
// Sleeps grow with the wait.
constexpr Seconds kShortestSleep{100e-6};
constexpr Seconds kLongestSleep{2e-3};
// With nothing on its way, MPI still may have to pass on what other ranks wait for.
constexpr Seconds kIdleSleep{20e-3};
// How long the ranks are given to answer.
constexpr Seconds kAnswerTime{2};
// Ranks 0 and 1 ask and report; the others end by themselves only if neither has ended the job by then.
constexpr Seconds kLater{5};
// A program that has been told of a failure ends the job. If it cannot, the job is ended for it.
constexpr Seconds kForgotten{10};
constexpr Seconds kAbort{3};

Seconds since(Clock::time_point start) { return Clock::now() - start; }

void sleep_for(Seconds wait) { std::this_thread::sleep_for(duration_cast<microseconds>(wait)); }

Seconds sleep_after(Seconds waited) { return std::clamp(waited / 50, kShortestSleep, kLongestSleep); }

std::string error_text(const char* what, int code) {
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(code, text, &length);
  return std::string(what) + " failed: " + text;
}

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::kBroadcast: return "broadcast";
    case Kind::kBarrier: return "barrier";
    default: return "sum";
  }
}

std::string ranks_text(const std::vector<int>& ranks) {
  std::string text = ranks.size() == 1 ? "rank " : "ranks ";
  for (size_t i = 0; i < ranks.size(); ++i) {
    if (i > 0) text += i + 1 < ranks.size() ? ", " : " and ";
    text += std::to_string(ranks[i]);
  }
  return text;
}

std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%g s", seconds);
  return text;
}

}  // namespace

void World::open(double time_limit_seconds, Ended ended, std::function<void(const std::string&)> ready) {
  time_limit_ = time_limit_seconds;
  ended_ = std::move(ended);
  ready_ = std::move(ready);
  std::thread([this] { loop(); }).detach();
}

void World::loop() {
#if defined(__linux__)
  prctl(PR_SET_TIMERSLACK, 1000UL);  // sleeps of 100 microseconds are not rounded up to 150
#endif
  {
    std::lock_guard<std::mutex> lock(mutex_);
    initialise();
    if (!stopped_) ready_(failure_);
    if (!failure_.empty()) return;
  }
  Seconds idle = kShortestSleep;
  for (;;) {
    Seconds pause{};
    {
      std::unique_lock<std::mutex> lock(mutex_);
      if (stopped_) return;
      if (finalized_ && on_their_way_.empty()) {
        const int code = MPI_Finalize();
        if (!stopped_) finalized_(code == MPI_SUCCESS ? "" : error_text("MPI_Finalize", code));
        return;
      }
      end_if_forgotten();
      if (caller_drives_ || !look()) {
        if (!caller_drives_) answer_questions();
        idle = std::min(idle * 2, kIdleSleep);
        changed_.wait_for(lock, duration_cast<microseconds>(idle));
        continue;
      }
      idle = kShortestSleep;
      pause = sleep_after(since(first_since_));
    }
    sleep_for(pause);
  }
}

void World::initialise() {
  // By default, Open MPI 4 passes whole arrays along a tree, since sums are in place. Rabenseifner's algorithm adds up parts of them, which takes half the
  // traffic or less, and has the same bits on all ranks, too. Others do not read this variable, and users may set another value.
  setenv("OMPI_MCA_coll_libnbc_iallreduce_algorithm", "rabenseifner", 0);
  int provided = MPI_THREAD_SINGLE;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided);
  if (provided < MPI_THREAD_SERIALIZED) {
    failure_ = "this MPI does not allow calls from more than one thread (MPI_THREAD_SERIALIZED)";
    return;
  }
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &size_);
  for (MPI_Comm* each : {&lanes_[kPromised].calls, &lanes_[kBlocking].calls, &notes_}) {
    MPI_Comm_dup(MPI_COMM_WORLD, each);
    MPI_Comm_set_errhandler(*each, MPI_ERRORS_RETURN);
  }
}

void World::start(Call* call) {
  std::lock_guard<std::mutex> lock(mutex_);
  begin(call, kPromised);
  if (on_their_way_.empty()) first_since_ = Clock::now();
  on_their_way_.push_back(call);
  changed_.notify_one();
}

std::string World::run(Call* call) {
  std::unique_lock<std::mutex> lock(mutex_);
  caller_drives_ = true;
  begin(call, kBlocking);
  const auto start = Clock::now();
  bool ended = false;
  while (failure_.empty() && !(ended = has_ended(call))) {
    const Seconds waited = since(start);
    const bool spins = waited < kSpin;
    if (!spins) {
      answer_questions();
      watch_time(*call, kBlocking, start);
    }
    lock.unlock();
    if (spins) sched_yield();
    else sleep_for(sleep_after(waited));
    lock.lock();
  }
  caller_drives_ = false;
  asked_ = false;
  if (!on_their_way_.empty()) changed_.notify_one();
  return ended ? "" : failure_;
}

void World::finalize(std::function<void(const std::string&)> done) {
  std::lock_guard<std::mutex> lock(mutex_);
  finalized_ = std::move(done);
  changed_.notify_one();
}

void World::stop() {
  stopped_ = true;
  // A thread that is inside MPI for longer waits for other ranks; the process ends nevertheless.
  for (int i = 0; i < 100 && !mutex_.try_lock(); ++i) sleep_for(Seconds{0.01});
}

void World::abort() {
  // Whatever becomes of MPI, this process ends, and so does the job when its launcher sees that.
  std::thread([] {
    sleep_for(kAbort);
    _exit(1);
  }).detach();
  mutex_.lock();
  end_job();
}

void World::end_job() {
  MPI_Abort(MPI_COMM_WORLD, 1);
  _exit(1);
}

void World::begin(Call* call, Order order) {
  Lane& lane = lanes_[order];
  call->number = ++lane.started;
  if (!failure_.empty()) return;
  int code = MPI_SUCCESS;
  switch (call->kind) {
    case Kind::kSumOfFloats:
      code = MPI_Iallreduce(MPI_IN_PLACE, call->data, call->count, MPI_FLOAT, MPI_SUM, lane.calls, &call->request);
      break;
    case Kind::kSumOfDoubles:
      code = MPI_Iallreduce(MPI_IN_PLACE, call->data, call->count, MPI_DOUBLE, MPI_SUM, lane.calls, &call->request);
      break;
    case Kind::kBroadcast:
      code = MPI_Ibcast(call->data, call->count, MPI_BYTE, call->root, lane.calls, &call->request);
      break;
    case Kind::kBarrier: code = MPI_Ibarrier(lane.calls, &call->request); break;
  }
  if (code != MPI_SUCCESS) fail(error_text(name_of(call->kind), code));
}

// Lets MPI work on all calls, and says whether this one has ended.
bool World::has_ended(Call* call) {
  int ended = 0;
  const int code = MPI_Test(&call->request, &ended, MPI_STATUS_IGNORE);
  if (code != MPI_SUCCESS) fail(error_text(name_of(call->kind), code));
  return code == MPI_SUCCESS && ended != 0;
}

// Looks after the calls on their way; false if there are none.
bool World::look() {
  if (on_their_way_.empty()) return false;
  while (!on_their_way_.empty() && failure_.empty() && has_ended(on_their_way_.front())) deliver();
  if (!on_their_way_.empty() && failure_.empty() && since(first_since_) > kSpin) {
    answer_questions();
    watch_time(*on_their_way_.front(), kPromised, first_since_);
  }
  while (!on_their_way_.empty() && !failure_.empty()) deliver();
  return true;
}

void World::deliver() {
  Call* call = on_their_way_.front();
  on_their_way_.pop_front();
  first_since_ = Clock::now();
  asked_ = false;
  ended_(call, failure_);
}

void World::answer_questions() {
  for (auto note = sent_.begin(); note != sent_.end();) {
    int sent = 0;
    MPI_Test(&note->request, &sent, MPI_STATUS_IGNORE);
    note = sent ? sent_.erase(note) : std::next(note);
  }
  for (;;) {
    int there = 0;
    MPI_Status status;
    if (MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, notes_, &there, &status) != MPI_SUCCESS || !there) return;
    int64_t value = 0;
    MPI_Recv(&value, 1, MPI_INT64_T, status.MPI_SOURCE, status.MPI_TAG, notes_, MPI_STATUS_IGNORE);
    if (is_question(status.MPI_TAG)) send_note(status.MPI_SOURCE, status.MPI_TAG + 1, lanes_[status.MPI_TAG / 2].started);
    else if (asked_) answers_[static_cast<size_t>(status.MPI_SOURCE)] = value;
  }
}

void World::send_note(int to, int tag, int64_t value) {
  Note& note = sent_.emplace_back(Note{value, MPI_REQUEST_NULL});
  MPI_Isend(&note.value, 1, MPI_INT64_T, to, tag, notes_, &note.request);
}

// After the time limit, asks all ranks how far they are, and fails when they have had time to answer.
void World::watch_time(const Call& call, Order order, Clock::time_point start) {
  const bool reports = rank_ < 2;
  if (since(start) < Seconds{time_limit_} + (reports ? Seconds{0} : kLater)) return;
  if (!asked_) {
    asked_ = true;
    asked_since_ = Clock::now();
    answers_.assign(static_cast<size_t>(size_), kNoAnswer);
    for (int to = 0; to < size_; ++to)
      if (to != rank_) send_note(to, kQuestion[order], 0);
    return;
  }
  const bool all_answered = std::count(answers_.begin(), answers_.end(), kNoAnswer) == 1;
  if (all_answered || since(asked_since_) >= kAnswerTime) fail(missing(call));
}

std::string World::missing(const Call& call) const {
  std::vector<int> silent, behind;
  for (int rank = 0; rank < size_; ++rank) {
    const int64_t answer = answers_[static_cast<size_t>(rank)];
    if (rank == rank_) continue;
    if (answer == kNoAnswer) silent.push_back(rank);
    else if (answer < call.number) behind.push_back(rank);
  }
  std::string who;
  if (!behind.empty()) who = ranks_text(behind) + " did not arrive";
  if (!silent.empty()) who += (who.empty() ? "" : ", ") + ranks_text(silent) + (silent.size() == 1 ? " does" : " do") + " not answer";
  if (who.empty()) who = "all ranks arrived, but the data did not: the network between them may be broken";
  return std::string(name_of(call.kind)) + " not finished within " + seconds_text(time_limit_) + ": " + who;
}

void World::fail(const std::string& reason) {
  if (!failure_.empty()) return;
  failure_ = reason;
  failed_since_ = Clock::now();
}

void World::end_if_forgotten() {
  if (failure_.empty() || since(failed_since_) < kForgotten) return;
  std::fprintf(stderr, "rx-nvae: rank %d: %s\n", rank_, failure_.c_str());
  end_job();
}

}  // namespace nvae_mpi
