#include "tests/chaos/checker.h"

#include <algorithm>

namespace forkmill::chaos {

using proto::OutcomeKind;

namespace {

sim::Options options_for_checking() {
  sim::Options options;
  options.durable = true;
  return options;
}

TaskId id_in(std::string_view word) { return TaskId::parse(word).value_or(TaskId{}); }

// Reads a task id and a fencing token such as "3-1042-1": epoch, sequence number, attempt.
proto::GrantedTask granted_in(std::string_view id, std::string_view token) {
  proto::GrantedTask task;
  task.id = id_in(id);
  const auto first = token.find('-');
  const auto second = token.find('-', first + 1);
  task.grant.epoch = proto::Epoch{static_cast<std::uint64_t>(number_in(token.substr(0, first)))};
  task.grant.seq = proto::TaskSeq{static_cast<std::uint64_t>(number_in(token.substr(first + 1, second - first - 1)))};
  task.grant.attempt = proto::Attempt{static_cast<std::uint32_t>(number_in(token.substr(second + 1)))};
  return task;
}

broker::WorkerHandle handle_of(std::int64_t worker) { return broker::WorkerHandle{static_cast<std::uint64_t>(worker)}; }

}  // namespace

Checker::Checker(const Journals& journals)
    : journals_{journals},
      world_{options_for_checking(), false},
      history_{world_, sim::History::Sight::journals},
      objects_{journals} {}

Verdict Checker::check() {
  learn_submissions();
  for (const Entry& entry : journals_.entries()) {
    try {
      take(entry);
    } catch (const sim::Violation& violation) {
      complain(violation.what());
    }
  }
  close_futures();
  for (const auto& text : objects_.check()) complain(text);
  verdict_.operations = objects_.operations();
  verdict_.counts = history_.counts();
  return verdict_;
}

void Checker::complain(const std::string& text) {
  const auto about = [&](const char* what) { return text.find(what) != std::string::npos; };
  if (about("invariant 1:"))
    ++verdict_.lost;
  else if (about("invariant 3:"))
    ++verdict_.doubled;
  else if (about("invariant 14:"))
    ++verdict_.hung;
  else
    ++verdict_.others;
  constexpr std::size_t kMax = 50;
  if (verdict_.violations.size() < kMax) verdict_.violations.push_back(text);
}

// Submissions are read before all other entries, because a handler may record its start before the client records the
// submission.
void Checker::learn_submissions() {
  for (const Entry& entry : journals_.entries()) {
    if (!entry.words.starts_with("S ")) continue;
    const Words words = entry.split();
    if (words.size() < 12) continue;
    Submitted& known = tasks_[id_in(words[2])];
    if (!known.kind.empty()) continue;  // a further submission under the same key
    known.kind = words[3];
    known.when = entry.when;
    known.task.id = id_in(words[2]);
    known.task.edit().name = words[3];
    auto& options = known.task.edit().options;
    options.max_attempts = static_cast<std::uint32_t>(number_in(words[4]));
    options.delay = proto::milliseconds{number_in(words[5])};
    options.expires = proto::milliseconds{number_in(words[6])};
    options.timeout = proto::milliseconds{number_in(words[7])};
    options.durability = words[8] == "1" ? proto::Durability::memory : proto::Durability::durable;
    options.retry_errors = words[9] == "1";
    options.at_most_once = words[10] == "1";
    options.result_ttl = proto::milliseconds{number_in(words[11])};
    if (words.size() > 12 && words[12] != "-") options.key = words[12];
  }
}

Checker::Submitted* Checker::known(const TaskId& id) {
  const auto found = tasks_.find(id);
  if (found == tasks_.end()) return nullptr;
  Submitted& task = found->second;
  // Another process has seen the task before its client recorded the submission: the task is known from now on,
  // without a future.
  if (!std::exchange(task.begun, true)) history_.futures().unknown(history_.futures().invoke(task.task));
  return &task;
}

void Checker::take(const Entry& entry) {
  if (entry.words.empty()) return;
  const Words words = entry.split();
  const auto has = [&](std::size_t least) { return words.size() >= least; };
  switch (entry.words.front()) {
    case 'S':
      return has(12) ? submit(entry, words) : void();
    case 'H':
      return has(3) ? attach(entry, words) : void();
    case 'A':
      return has(2) ? accepted(entry, words) : void();
    case 'T':
      return has(5) ? ended(entry, words) : void();
    case 'B':
      return has(4) ? started(entry, words) : void();
    case 'E':
      return has(3) ? finished(entry, words) : void();
    case 'c':
      if (has(2) && known(id_in(words[1])) != nullptr) history_.requests().cancel_asked(id_in(words[1]));
      return;
    case 'C':
      if (has(3) && words[2] == "1") history_.requests().cancelled(id_in(words[1]));
      return;
    default:
      return of_the_ring(entry, words);
  }
}

void Checker::of_the_ring(const Entry& entry, const Words& words) {
  if (words[0] == "R") {
    history_.broker_started();
    history_.futures().session_began(proto::SessionId{++brokers_});
    if (jumped_ > started_) shifted_ = entry.when;
    started_ = entry.when;
  }
  if (words[0] == "J") jumped_ = entry.when;
  if (words[0] == "D" && words.size() == 2) killed_.emplace(words[1]);
  if (words[0] == "K" && words.size() == 4) {
    auto& until = silent_until_[number_in(words[1])];
    until = std::max(until, number_in(words[3]));
  }
}

// ---- Clients --------------------------------------------------------------------------------------------------------

void Checker::submit(const Entry& entry, const Words& words) {
  Submitted& task = tasks_.at(id_in(words[2]));
  task.begun = true;
  Watched watched{task.task.id};
  watched.broker = brokers_;
  watched.cookie = history_.futures().invoke(task.task);
  futures_[{entry.source, number_in(words[1])}] = watched;
}

void Checker::attach(const Entry& entry, const Words& words) {
  const TaskId id = id_in(words[2]);
  if (known(id) == nullptr) return;
  Watched watched{id};
  watched.attach = true;
  watched.broker = brokers_;
  watched.cookie = history_.futures().invoke_attach(id);
  futures_[{entry.source, number_in(words[1])}] = watched;
}

// The broker that ran at the submission, or a later one, has acknowledged the task. The history takes it for the
// former, and so does not ask of the latter what only the former would have to keep.
void Checker::accepted(const Entry& entry, const Words& words) {
  const auto found = futures_.find({entry.source, number_in(words[1])});
  if (found == futures_.end()) return;
  found->second.accepted = true;
  if (found->second.attach) return;
  history_.futures().acknowledged(found->second.cookie, proto::SessionId{found->second.broker});
  tasks_.at(found->second.id).acknowledged = true;
}

proto::Outcome Checker::outcome_of(const Words& words) {
  static const std::map<std::string_view, OutcomeKind> kKinds{
      {"succeeded", OutcomeKind::succeeded}, {"failed", OutcomeKind::failed},       {"lost", OutcomeKind::lost},
      {"timed_out", OutcomeKind::timed_out}, {"cancelled", OutcomeKind::cancelled}, {"expired", OutcomeKind::expired},
      {"rejected", OutcomeKind::rejected},   {"forgotten", OutcomeKind::rejected}};
  const auto kind = kKinds.find(words[2]);
  if (kind == kKinds.end())
    throw sim::Violation{"a future ended in an unexpected way: " + std::string{words[2]} + ", " +
                         std::string{words[3]}};
  proto::Outcome outcome;
  outcome.kind = kind->second;
  outcome.attempt = proto::Attempt{static_cast<std::uint32_t>(number_in(words[4]))};
  if (outcome.kind == OutcomeKind::succeeded && words.size() == 7)
    outcome.value =
        proto::Payload::own(" " + std::string{words[5]} + " " + std::string{words[6]});  // the arguments are empty
  else
    outcome.error.emplace().code = words[2] == "forgotten" ? Errc::task_unknown : errc_named(words[3]);
  return outcome;
}

void Checker::ended(const Entry& entry, const Words& words) {
  const auto found = futures_.find({entry.source, number_in(words[1])});
  if (found == futures_.end()) return;  // attached to a task whose submission is not recorded
  Watched& watched = found->second;
  const bool first = !std::exchange(watched.ended, true);
  const proto::Outcome outcome = outcome_of(words);
  // A change of the clock may have cut short the time for which the result was to be kept.
  const Submitted& task = tasks_.at(watched.id);
  if (first && outcome.kind == OutcomeKind::rejected && task.task.spec->options.result_ttl.count() != 0 &&
      task.when <= shifted_)
    return history_.futures().unknown(watched.cookie);
  history_.futures().resolved(watched.cookie, outcome, words[2] == "forgotten");
  if (first) check_reason(task, watched, outcome);
  // A submission that was cancelled before it was sent says nothing about other submissions under its key.
  const bool withdrawn =
      outcome.kind == OutcomeKind::cancelled && !watched.accepted && !task.task.spec->options.key.empty();
  if (!withdrawn) history_.reported({watched.id, outcome});
}

bool Checker::may_throw(const Submitted& submitted) {
  static const std::set<std::string_view> kKinds{"throw", "retry", "long", "process"};
  return kKinds.contains(submitted.kind);
}

void Checker::check_reason(const Submitted& submitted, const Watched& watched, const proto::Outcome& outcome) {
  const auto& options = submitted.task.spec->options;
  const auto refuse = [&](const char* rule, const std::string& text) {
    throw sim::Violation{std::string{"invariant "} + rule + ": task " + watched.id.to_string() + " (" + submitted.kind +
                         "): " + text};
  };
  const std::string attempts =
      " after attempt " + std::to_string(outcome.attempt.value()) + " of " + std::to_string(options.max_attempts);
  const bool kept = options.durability == proto::Durability::durable && options.result_ttl.count() == 0;
  if (watched.attach && outcome.kind == OutcomeKind::rejected && submitted.acknowledged && kept)
    refuse("1", "was acknowledged to a client that was killed, and then forgotten");
  if (outcome.kind == OutcomeKind::lost && !options.at_most_once && outcome.attempt.value() < options.max_attempts)
    refuse("10", "was given up as lost" + attempts);
  if (outcome.kind != OutcomeKind::failed) return;
  if (!may_throw(submitted) || outcome.error->code != Errc::handler_error)
    refuse("10", "failed with " + std::string{errc_name(outcome.error->code)} + attempts + ", without a cause");
}

// Futures of killed clients cannot report their end; all other futures must have ended.
void Checker::close_futures() {
  for (auto& [key, watched] : futures_) {
    if (watched.ended) continue;
    const bool killed = killed_.contains(journals_.name(key.first));
    if (killed) {
      history_.futures().unknown(watched.cookie);
    } else {
      complain("invariant 14: task " + watched.id.to_string() + " (" + tasks_.at(watched.id).kind + "): future " +
               std::to_string(key.second) + " of " + journals_.name(key.first) + " still waits");
    }
  }
}

// ---- Handlers -------------------------------------------------------------------------------------------------------

void Checker::started(const Entry& entry, const Words& words) {
  const auto task = granted_in(words[1], words[2]);
  const std::int64_t worker = number_in(words[3]);
  const Submitted* submitted = known(task.id);
  if (submitted == nullptr) {
    ++verdict_.unrecorded;
    return;
  }
  // A worker that was unreachable starts tasks that it holds until it hears that the broker gave it up. That takes up
  // to this many microseconds after it can be reached again.
  constexpr std::int64_t kUntilHeard = 2'000'000;
  const auto out_of_reach = [&](std::int64_t whom) {
    const auto until = silent_until_.find(whom);
    return until != silent_until_.end() && entry.when <= until->second + kUntilHeard;
  };
  const bool reached = !out_of_reach(worker) && !out_of_reach(0);
  history_.executions().granted(task, handle_of(worker));
  if (!reached) history_.executions().worker_ended(handle_of(worker));
  history_.executions().started(task);
  if (may_throw(*submitted)) history_.executions().threw(task);
  constexpr std::int64_t kGrain = 2000;  // microseconds: the broker stores times in milliseconds
  const auto delay = submitted->task.spec->options.delay.count() * 1000 - kGrain;
  if (task.grant.attempt.value() == 1 && delay > 0 && entry.when < submitted->when + delay &&
      submitted->when > shifted_)
    throw sim::Violation{"invariant 10: task " + task.id.to_string() + ": started before its delay was over"};
}

void Checker::finished(const Entry&, const Words& words) {
  const auto task = granted_in(words[1], words[2]);
  if (known(task.id) != nullptr) history_.executions().succeeded(task);
}

}  // namespace forkmill::chaos
