#include "tests/chaos/object_checker.h"

#include <forkmill/serialize.h>

#include <algorithm>

#include "tests/chaos/tasks.h"
#include "tests/sim/world/violation.h"

namespace forkmill::chaos {

using proto::Verb;
using sim::Role;

namespace {

const std::map<std::string_view, Role> kRoles{{"lock", Role::lock},  {"queue", Role::queue},
                                              {"lent", Role::queue}, {"counter", Role::counter},
                                              {"cell", Role::cell},  {"barrier", Role::barrier}};
const std::map<std::string_view, Verb> kVerbs{
    {"acquire", Verb::acquire}, {"release", Verb::release}, {"wait", Verb::wait},        {"reset", Verb::reset},
    {"put", Verb::put},         {"get", Verb::get},         {"settle", Verb::settle},    {"add", Verb::add},
    {"fetch", Verb::fetch},     {"look", Verb::look},       {"exchange", Verb::exchange}};

std::string_view kind_of(std::string_view object) { return object.substr(0, object.find('-')); }
// The operation "client-1.2.1.17" belongs to the thread "client-1.2.1".
std::string thread_of(std::string_view operation) { return std::string{operation.substr(0, operation.rfind('.'))}; }

proto::Payload payload(std::string_view word) { return proto::Payload::copy(word); }

}  // namespace

Errc errc_named(std::string_view name) {
  static const auto kAll = [] {
    std::map<std::string_view, Errc> all;
    constexpr std::uint64_t kLast = 200;
    for (std::uint64_t number = 0; number < kLast; ++number)
      all.emplace(errc_name(errc_from(number)), errc_from(number));
    return all;
  }();
  const auto found = kAll.find(name);
  return found == kAll.end() ? Errc::unknown : found->second;
}

ObjectChecker::ObjectChecker(const Journals& journals) : journals_{journals} {
  options_.durable = true;
  learn_objects();
  world_ = std::make_unique<sim::World>(options_, false);
  history_ = std::make_unique<sim::ObjectHistory>(*world_);
}

void ObjectChecker::learn_objects() {
  for (const Entry& entry : journals_.entries()) {
    if (!entry.words.starts_with("o ")) continue;
    const Words words = entry.split();
    const auto role = words.size() < 7 ? kRoles.end() : kRoles.find(kind_of(words[2]));
    if (role == kRoles.end() || index_.contains(words[2])) continue;
    index_.emplace(words[2], options_.objects.shared.size());
    sim::Shared shared;
    shared.role = role->second;
    shared.spec.name = words[2];
    shared.spec.durability = shared.role == Role::barrier ? proto::Durability::memory : proto::Durability::durable;
    if (shared.role == Role::barrier) shared.spec.size = 2;
    shared.approval = kind_of(words[2]) == "lent";
    options_.objects.shared.push_back(std::move(shared));
  }
}

std::vector<std::string> ObjectChecker::check() {
  for (const Entry& entry : journals_.entries()) {
    world_->at(sim::Instant{std::chrono::hours{1}} + sim::Instant{entry.when}, [&] { take(entry); });
    try {
      while (world_->step(proto::kNever)) continue;
    } catch (const sim::Violation& violation) {
      complaints_.emplace_back(violation.what());
    }
  }
  close();
  try {
    history_->check();
  } catch (const sim::Violation& violation) {
    complaints_.emplace_back(violation.what());
  }
  check_units();
  return complaints_;
}

void ObjectChecker::take(const Entry& entry) {
  const char kind = entry.words.empty() ? ' ' : entry.words.front();
  if (kind != 'o' && kind != 'O' && kind != 'g') return;
  const Words words = entry.split();
  if (kind == 'o' && words.size() >= 7) {
    ++operations_;
    kind_of(words[2]) == "semaphore" ? of_semaphore(entry, words) : asked(entry.when, words);
  }
  if (kind == 'O' && words.size() >= 3)
    units_open_.contains(words[1]) ? answer_of_semaphore(entry, words) : answered(entry.when, words);
  if (kind == 'g' && words.size() >= 4) guarded(words);
}

std::int64_t ObjectChecker::number_of(std::string_view operation) {
  return numbers_.emplace(operation, std::ssize(numbers_) + 1).first->second;
}

// ---- Operations under the simulator's rules -------------------------------------------------------------------------

void ObjectChecker::asked(std::int64_t when, const Words& words) {
  const auto object = index_.find(words[2]);
  const auto verb = kVerbs.find(words[3]);
  if (object == index_.end() || verb == kVerbs.end()) return;
  const Role role = options_.objects.shared[object->second].role;
  proto::Operation op;
  op.verb = verb->second;
  op.object = object->second + 1;
  op.who = 1;
  op.a = op.verb == Verb::settle ? number_of(words[4]) : number_in(words[4]);
  op.b = number_in(words[5]);
  op.wait = proto::milliseconds{number_in(words[6])};
  if (op.verb == Verb::put) op.values = {payload(words.at(7))};
  if (op.verb == Verb::exchange)
    op.values = {payload(kKey), words.size() > 8 ? payload(words[8]) : proto::Payload{}, payload(words.at(7))};
  auto& client = clients_[thread_of(words[1])];
  if (client == 0) client = history_->client_started();
  open_[std::string{words[1]}] = {history_->invoke(client, object->second, op), role, op.verb, when};
}

void ObjectChecker::answered(std::int64_t when, const Words& words) {
  const auto found = open_.find(words[1]);
  if (found == open_.end()) return;
  const Open open = found->second;
  open_.erase(found);
  proto::OperationAnswer answer;
  answer.code = errc_named(words[2]);
  if (answer.code == Errc::ok && words.size() > 3) {
    const bool lent = words[3].find('.') != std::string_view::npos;
    answer.a = lent ? number_of(words[3]) : number_in(words[3]);
    if (words.size() > 4) answer.values = {payload(words[4])};
    if (open.role == Role::counter) answer.values = {payload(pack_value(answer.a))};
  }
  if (open.role == Role::lock && open.verb == Verb::look && answer.code == Errc::ok && answer.a != 0)
    complaints_.push_back("objects: a lock is held after all clients have ended");
  // The broker was not running and the client gave up, so the outcome of the operation is not known.
  constexpr std::int64_t kGaveUp = 900'000;
  const bool in_vain =
      answer.code == Errc::object_empty || answer.code == Errc::timeout || answer.code == Errc::barrier_broken;
  if (in_vain && when - open.began > history_->all()[open.cookie - 1].op.wait.count() * 1000 + kGaveUp)
    return history_->unknown(open.cookie);
  history_->answered(open.cookie, answer);
}

// Records that operations without an answer have an unknown outcome, because their clients are gone; and that every
// object was opened once more, as the sweep does.
void ObjectChecker::close() {
  for (const auto& [operation, open] : open_) history_->unknown(open.cookie);
  const auto client = history_->client_started();
  for (const auto& [name, index] : index_) {
    proto::Operation op;
    op.verb = Verb::open;
    proto::OperationAnswer answer;
    answer.a = static_cast<std::int64_t>(index) + 1;
    history_->answered(history_->invoke(client, index, op), answer);
  }
}

// ---- Semaphores -----------------------------------------------------------------------------------------------------

void ObjectChecker::of_semaphore(const Entry& entry, const Words& words) {
  units_open_[std::string{words[1]}] = {std::string{words[2]}, std::string{words[3]}};
  if (words[3] != "release") return;
  if (const auto hold = holding_.find(thread_of(words[1])); hold != holding_.end()) hold->second.until = entry.when;
}

// A unit counts only while it was certainly held: from the answer to its acquisition until its release was asked for.
// It counts only if the release succeeded.
void ObjectChecker::answer_of_semaphore(const Entry& entry, const Words& words) {
  const auto [semaphore, verb] = units_open_.extract(units_open_.find(words[1])).mapped();
  const std::string thread = thread_of(words[1]);
  const bool ok = words[2] == "ok";
  if (verb == "acquire" && ok) holding_[thread] = {entry.when, 0};
  if (verb == "look" && ok && words.size() > 3) {
    if (number_in(words[3]) != kUnits)
      complaints_.push_back("objects: " + semaphore + " has " + std::string{words[3]} +
                            " units after all clients have ended");
  }
  if (verb != "release") return;
  const Hold hold = holding_[thread];
  if (ok) holds_[semaphore].push_back(hold);
  holding_.erase(thread);
}

void ObjectChecker::check_units() {
  for (const auto& [semaphore, holds] : holds_) {
    std::vector<std::pair<std::int64_t, int>> changes;
    for (const Hold& hold : holds) {
      changes.emplace_back(hold.from, 1);
      changes.emplace_back(hold.until, -1);
    }
    std::sort(changes.begin(), changes.end());
    std::int64_t held = 0;
    for (const auto& [when, change] : changes) {
      held += change;
      if (held > kUnits) {
        complaints_.push_back("objects: " + semaphore + ": " + std::to_string(held) + " units were held at once");
        break;
      }
    }
  }
}

// ---- Guarded files --------------------------------------------------------------------------------------------------

void ObjectChecker::guarded(const Words& words) {
  if (words[2] != "written") return;
  auto& last = written_[std::string{words[1]}];
  if (const auto count = number_in(words[3]); count <= last)
    complaints_.push_back("objects: the file that " + std::string{words[1]} +
                          " guards was written by two clients at once");
  else
    last = count;
}

}  // namespace forkmill::chaos
