#include "tests/sim/nodes/child_work.h"

#include <algorithm>
#include <csignal>

#include "proto/random.h"
#include "tests/sim/nodes/child.h"

namespace forkmill::sim {

using namespace std::chrono_literals;
using worker::Leaving;
using worker::Verdict;

void ChildWork::begin() {
  state_ = State::idle;
  said_.emplace_back();
  child_.ring();
  look();
}

void ChildWork::give(std::uint64_t serial, const proto::GrantedTask& task) {
  line_.push_back({serial, task});
  look();
}

bool ChildWork::take_back(std::uint64_t serial) {
  const auto found = std::find_if(line_.begin(), line_.end(), [&](const Work& work) { return work.serial == serial; });
  if (found == line_.end()) return false;
  line_.erase(found);
  return true;
}

bool ChildWork::condemn(std::uint64_t serial) {
  if (!runs(serial)) return false;
  condemned_ = true;
  return true;
}

void ChildWork::request_stop(std::uint64_t serial) {
  if (!runs(serial) || stubborn_) return;
  child_.after(world_.random.between(Instant{10us}, Instant{5ms}), [this, serial] {
    if (runs(serial)) finish(Verdict::failed);
  });
}

std::vector<std::uint64_t> ChildWork::started() const {
  return current_ ? std::vector{current_->serial} : std::vector<std::uint64_t>{};
}

void ChildWork::look() {
  if (line_.empty() || state_ != State::idle) return;
  state_ = State::looking;
  child_.after(world_.random.between(Instant{1us}, Instant{60us}), [this] {
    state_ = State::idle;
    if (!line_.empty()) start_next();
  });
}

void ChildWork::start_next() {
  current_ = std::move(line_.front());
  line_.pop_front();
  state_ = State::running;
  current_->began = world_.now();
  const Options& options = world_.options;
  Random& random = world_.random;
  if (!world_.calm && !child_.is_process() && random.chance(options.shortages)) return refuse();
  history_.executions().started(current_->task);
  stubborn_ = random.chance(options.stubborn);
  const Instant run = random.between(Instant{1us}, child_.is_process() ? options.process_time : options.run_time);
  child_.may_found_family(run);
  if (child_.hangs(current_->task.grant)) {
    stubborn_ = false;
    return;
  }
  if (!world_.calm && random.chance(options.child_dies)) return child_.after(run, [this] { child_.die(SIGSEGV, -1); });
  constexpr std::uint64_t kOneIn = 4;  // one task of this number prints something
  if (proto::mix64(current_->task.grant.seq.value()) % kOneIn == 0) chat(current_->serial, world_.now() + run);
  if (random.chance(options.progress)) child_.after(run / 2, [this] { note_progress(); });
  const auto verdict = random.chance(options.throws)       ? Verdict::failed
                       : random.chance(options.asks_retry) ? Verdict::retry
                                                           : Verdict::succeeded;
  child_.after(run, [this, verdict, serial = current_->serial] {
    if (runs(serial)) finish(verdict);
  });
}

// There is nothing left to start the task with: its handler does not begin.
void ChildWork::refuse() {
  Said said;
  said.kind = Said::result;
  said.serial = current_->serial;
  said.verdict = Verdict::shortage;
  said.printed = {written_, 0};
  say_last(std::move(said));
}

void ChildWork::note_progress() {
  if (!current_) return;
  Said said;
  said.kind = Said::progress;
  said.serial = current_->serial;
  said.fraction = 0.5;
  said_.push_back(std::move(said));
  child_.ring();
}

void ChildWork::chat(std::uint64_t serial, Instant end) {
  if (!runs(serial)) return;
  const std::uint64_t drawn = proto::mix64(++prints_ ^ (serial << 32));
  std::string text = std::to_string(serial) + ":" + std::to_string(prints_) + " ";
  if (drawn % 8 == 0) text += std::string(drawn % 20'000, 'x');
  history_.logs().printed(current_->task.id, current_->task.grant, text);
  const Printed printed{written_, text};
  written_ += text.size();
  // A supervisor that cannot keep up drops some.
  constexpr std::uint64_t kDropped = 10;
  if (drawn / 8 % kDropped != 0) pipe_.push_back(printed);
  child_.after(Instant{static_cast<std::int64_t>(drawn % 3000)}, [this] {
    if (pipe_.empty()) return;
    output_.push_back(std::move(pipe_.front()));
    pipe_.pop_front();
    child_.ring();
  });
  const Instant pause{static_cast<std::int64_t>(drawn / 64 % 20'000)};
  if (world_.now() + pause < end) child_.after(pause, [this, serial, end] { chat(serial, end); });
}

std::vector<ChildWork::Printed> ChildWork::read_output(bool everything) {
  if (everything) {
    for (Printed& printed : pipe_) output_.push_back(std::move(printed));
    pipe_.clear();
  }
  return std::exchange(output_, {});
}

ChildWork::Said ChildWork::result_of(Verdict verdict) {
  Random& random = world_.random;
  Said said;
  said.kind = Said::result;
  said.serial = current_->serial;
  said.verdict = verdict;
  said.printed = {written_, 0};
  said.run_us = static_cast<std::uint64_t>((world_.now() - current_->began).count());
  if (verdict == Verdict::retry && random.chance(0.5))
    said.retry_delay_ms = static_cast<std::int64_t>(random.below(random.chance(0.1) ? 20'000 : 3000));
  if (verdict != Verdict::succeeded) {
    history_.executions().threw(current_->task);
    return said;
  }
  history_.executions().succeeded(current_->task);
  said.value = Executions::value_of(current_->task);
  if (random.chance(world_.options.large)) said.value += ";" + std::string(random.between(16'000, 40'000), 'z');
  return said;
}

void ChildWork::finish(Verdict verdict) {
  child_.note_finished();
  Said said = result_of(verdict);
  history_.executions().stopped(current_->task);
  say_last(std::move(said));
}

// The last that a child says of a task. Then it goes on to the next one, or leaves.
void ChildWork::say_last(Said said) {
  const auto most = world_.options.max_tasks_per_child;
  const bool last = child_.is_process() || (most != 0 && ++finished_ >= most);
  said.leaving = last && !child_.is_process() ? Leaving::task_count : Leaving::no;
  said_.push_back(std::move(said));
  current_.reset();
  state_ = last || condemned_ ? State::leaving : State::idle;
  child_.ring();
  if (state_ == State::idle) return look();
  child_.after(world_.random.between(Instant{50us}, Instant{5ms}), [this] { child_.die(0, 0); });
}

}  // namespace forkmill::sim
