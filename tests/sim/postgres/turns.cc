#include "tests/sim/postgres/turns.h"

#include <utility>

namespace forkmill::sim {

void Turns::end() {
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    kill(i);
    while (!has_ended(i)) run_one(i);
    if (threads_[i]->thread.joinable()) threads_[i]->thread.join();
  }
}

std::size_t Turns::add(std::function<void()> body) {
  const std::size_t number = threads_.size();
  threads_.push_back(std::make_unique<Runner>(Runner{std::move(body)}));
  return number;
}

void Turns::run_one(std::size_t number) {
  Runner& runner = *threads_[number];
  std::unique_lock lock{mutex_};
  running_ = number;
  if (!runner.thread.joinable()) runner.thread = std::thread{[this, number] { run(number); }};
  changed_.notify_all();
  changed_.wait(lock, [this] { return running_ == kNone; });
}

void Turns::run(std::size_t number) {
  {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return running_ == number; });
  }
  Runner& runner = *threads_[number];
  try {
    if (!runner.killed) runner.body();
  } catch (const Killed&) {
    runner.killed = true;
  }
  runner.ended = true;
  give_back();
}

void Turns::give_back() {
  const std::lock_guard lock{mutex_};
  running_ = kNone;
  changed_.notify_all();
}

void Turns::yield() {
  std::unique_lock lock{mutex_};
  const std::size_t number = running_;
  running_ = kNone;
  changed_.notify_all();
  changed_.wait(lock, [&] { return running_ == number; });
  if (threads_[number]->killed) throw Killed{};
}

}  // namespace forkmill::sim
