// Turns: lets threads run one at a time, in an order that a simulation draws. A thread goes on when it gets its turn,
// and gives it back in yield(), so that a simulation with several brokers depends on its seed alone.
//
// Threads: run_one() is called by the thread that made the object, yield() by the others.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace forkmill::sim {

// Killed: ends the thread of a process that dies. Not an exception of the standard library, which rules would catch.
struct Killed {};

class Turns {
 public:
  Turns() = default;
  ~Turns() { end(); }
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  // Adds a thread that will run `body`, which catches all of its own exceptions but Killed. Returns its number.
  std::size_t add(std::function<void()> body);
  std::size_t size() const { return threads_.size(); }
  bool has_ended(std::size_t number) const { return threads_[number]->ended; }
  // Lets a thread go on until its next yield(), or its end.
  void run_one(std::size_t number);
  // The thread's next yield() throws Killed.
  void kill(std::size_t number) { threads_[number]->killed = true; }

  // Ends all threads.
  void end();

  // Waits for the next turn. Throws Killed.
  void yield();

 private:
  struct Runner {
    std::function<void()> body;
    bool ended = false;
    bool killed = false;
    std::thread thread{};
  };
  static constexpr std::size_t kNone = ~std::size_t{0};

  void run(std::size_t number);
  void give_back();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t running_ = kNone;
  std::vector<std::unique_ptr<Runner>> threads_;
};

}  // namespace forkmill::sim
