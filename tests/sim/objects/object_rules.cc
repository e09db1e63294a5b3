#include "tests/sim/objects/object_rules.h"

#include <forkmill/serialize.h>

#include <algorithm>
#include <limits>
#include <set>

namespace forkmill::sim {

using proto::Verb;

namespace {

using List = std::vector<const Asked*>;

List with(const List& asked, Verb verb) {
  List some;
  std::copy_if(asked.begin(), asked.end(), std::back_inserter(some), [&](const Asked* one) { return one->is(verb); });
  return some;
}

List answered_ok(const List& asked, Verb verb) {
  List some = with(asked, verb);
  std::erase_if(some, [](const Asked* one) { return !one->ok(); });
  return some;
}

std::int64_t count_unknown(const List& asked, Verb verb) {
  const List some = with(asked, verb);
  return std::count_if(some.begin(), some.end(), [](const Asked* one) { return one->fate == Fate::unknown; });
}

// What was asked after another's answer had come has a higher number than that one.
template <class Number>
void check_rising(const ObjectHistory& history, const List& ok, Number&& number, const char* what) {
  for (const Asked* one : ok)
    for (const Asked* other : ok)
      if (one->ended < other->began && number(*one) >= number(*other))
        violated(history, *other, std::string{what} + " does not rise after #" + std::to_string(one->cookie));
}

template <class Number>
void check_distinct(const ObjectHistory& history, const List& ok, Number&& number, const char* what) {
  std::map<std::int64_t, const Asked*> seen;
  for (const Asked* one : ok)
    if (const auto [at, fresh] = seen.emplace(number(*one), one); !fresh)
      violated(history, *one, std::string{what} + " is also that of #" + std::to_string(at->second->cookie));
}

std::int64_t token_of(const Asked& one) { return one.answer.a; }

// ---- Locks and semaphores -------------------------------------------------------------------------------------------

void check_release(const ObjectHistory& history, const List& acquired, const Asked& release, std::int64_t token,
                   std::int64_t most, bool one_holder) {
  std::int64_t times = 0;
  for (const Asked* one : acquired) {
    if (token_of(*one) == token) {
      ++times;
      if (one->losses_after < release.losses_before)
        violated(history, release, "it was released although its holder had been told that it was lost");
    } else if (one_holder && token_of(*one) > token && one->ended < release.began) {
      violated(history, release, "it was released although #" + std::to_string(one->cookie) + " had it since");
    }
  }
  if (times == 0) violated(history, release, "it was released and never acquired");
  if (most > times) violated(history, release, "it was released more often than acquired");
}

void check_releases(const ObjectHistory& history, const List& asked, bool one_holder) {
  const List acquired = answered_ok(asked, Verb::acquire);
  const std::int64_t unknown = count_unknown(asked, Verb::acquire);
  std::map<std::int64_t, std::int64_t> released;
  for (const Asked* release : answered_ok(asked, Verb::release))
    for (const std::int64_t token : tokens_named(release->op))
      check_release(history, acquired, *release, token, ++released[token] - unknown, one_holder);
}

void check_lock(const ObjectHistory& history, const List& asked) {
  const Shared& shared = history.shared(asked.front()->shared);
  const List acquired = answered_ok(asked, Verb::acquire);
  if ((shared.spec.flags & proto::kObjectRecursive) == 0) {
    check_distinct(history, acquired, token_of, "its token");
    check_rising(history, acquired, token_of, "its token");
  } else {
    std::map<std::int64_t, const Asked*> holders;
    for (const Asked* one : acquired) {
      const Asked* holder = holders.emplace(token_of(*one), one).first->second;
      if (holder->client != one->client || holder->op.who != one->op.who)
        violated(history, *one, "its token is also that of #" + std::to_string(holder->cookie));
    }
  }
  check_releases(history, asked, true);
}

void check_semaphore(const ObjectHistory& history, const List& asked) {
  const List acquired = answered_ok(asked, Verb::acquire);
  check_distinct(history, acquired, token_of, "its token");
  check_rising(history, acquired, token_of, "its token");
  check_releases(history, asked, false);
}

// ---- Dicts ----------------------------------------------------------------------------------------------------------

std::int64_t sum_of(const Asked& one) {
  if (one.answer.values.size() != 1) return std::numeric_limits<std::int64_t>::min();
  return unpack_value<std::int64_t>(one.answer.values[0].view());
}

// What was read at the end. A key that is not there is no value.
const Asked* last_look(const List& asked) {
  const List looks = with(asked, Verb::fetch);
  return looks.empty() ? nullptr : looks.back();
}

void check_counter(const ObjectHistory& history, const List& asked) {
  const List added = answered_ok(asked, Verb::add);
  check_distinct(history, added, sum_of, "its sum");
  check_rising(history, added, sum_of, "its sum");
  const Asked* last = last_look(asked);
  if (last == nullptr) return;
  const std::int64_t sum = last->ok() ? sum_of(*last) : 0;
  const std::int64_t least = std::ssize(added);
  if (sum < least || sum > least + count_unknown(asked, Verb::add))
    violated(history, *last,
             "the last sum is " + std::to_string(sum) + " after " + std::to_string(least) + " additions and " +
                 std::to_string(count_unknown(asked, Verb::add)) + " of unknown fate");
}

// Each value was there once, and left it once: they make a chain, from nothing to what was there last.
void check_cell(const ObjectHistory& history, const List& asked) {
  const List done = answered_ok(asked, Verb::exchange);
  std::set<std::string> left, proposed;
  for (const Asked* one : with(asked, Verb::exchange)) {
    if (one->fate != Fate::refused) proposed.emplace(one->op.values[2].view());
    if (!one->ok()) continue;
    if (!left.emplace(one->op.values[1].view()).second)
      violated(history, *one, "it was exchanged for something that another one had taken away");
  }
  for (const Asked* one : with(asked, Verb::exchange))
    if (!one->answer.values.empty() && !proposed.contains(std::string{one->answer.values[0].view()}))
      violated(history, *one, "it found something that was never put there");
  std::int64_t ends = 0;
  for (const Asked* one : done) ends += left.contains(std::string{one->op.values[2].view()}) ? 0 : 1;
  if (ends > 1 + count_unknown(asked, Verb::exchange)) violated(history, *done.back(), "an exchange was undone");
  const Asked* last = last_look(asked);
  if (last == nullptr) return;
  const std::string value = last->ok() ? std::string{last->answer.values[0].view()} : std::string{};
  if (left.contains(value)) violated(history, *last, "what is there at the end had been taken away");
}

// ---- Events and barriers --------------------------------------------------------------------------------------------

void check_event(const ObjectHistory& history, const List& asked) {
  const List sets = with(asked, Verb::set);
  for (const Asked* one : answered_ok(asked, Verb::wait))
    if (one->answer.a != 0 &&
        std::none_of(sets.begin(), sets.end(), [&](const Asked* set) { return set->began < one->ended; }))
      violated(history, *one, "an event was set that nobody had set");
}

// What its last party said of the action that it was to run for this round; null: nothing, since it is gone.
const Asked* action_of(const List& acted, const Asked& last) {
  const auto found = std::find_if(acted.begin(), acted.end(), [&](const Asked* one) {
    return one->client == last.client && one->op.b == last.answer.b && one->began > last.ended;
  });
  return found == acted.end() ? nullptr : *found;
}

// Each round that is passed has each index once, and nobody passes before the last has come and has done what there was
// to do.
void check_barrier(const ObjectHistory& history, const List& asked) {
  const auto parties = static_cast<std::size_t>(history.shared(asked.front()->shared).spec.size);
  const List acted = with(asked, Verb::acted);
  std::vector<List> passed(parties);  // by index
  std::vector<std::uint64_t> opened;  // when a round may have been over, at the earliest
  for (const Asked* one : with(asked, Verb::wait)) {
    if (one->fate == Fate::unknown) opened.push_back(one->began);
    if (!one->ok()) continue;
    const auto index = static_cast<std::size_t>(one->answer.a);
    if (one->answer.a < 0 || index >= parties) violated(history, *one, "there is no such index");
    const bool acts = index == 0 && one->answer.b != 0;
    const Asked* action = acts ? action_of(acted, *one) : nullptr;
    const bool may_pass = !acts || (action != nullptr && action->op.a != 0 && action->fate != Fate::refused);
    if (index == 0 && may_pass) opened.push_back(acts ? action->began : one->began);
    if (!acts || (may_pass && action->ok())) passed[index].push_back(one);
  }
  std::sort(opened.begin(), opened.end());
  std::size_t least = opened.size();
  std::size_t most = 0;
  for (List& some : passed) {
    std::sort(some.begin(), some.end(), [](const Asked* a, const Asked* b) { return a->ended < b->ended; });
    for (std::size_t i = 0; i < some.size(); ++i)
      if (i >= opened.size() || (some[i]->answer.a != 0 && some[i]->ended < opened[i]))
        violated(history, *some[i], "passed a barrier before the last had come, and had done what there was to do");
    least = std::min(least, some.size());
    most = std::max(most, some.size());
  }
  if (std::cmp_greater(most - least, count_unknown(asked, Verb::wait) + count_unknown(acted, Verb::acted)))
    violated(history, *asked.back(), "a round of the barrier was passed by some only");
}

// The lock of a condition: whoever has waited has it again.
void check_monitor(const ObjectHistory& history, const List& asked) {
  std::uint64_t lock = 0;
  for (const Asked& one : history.all())
    if (one.is(Verb::open) && one.ok() && std::cmp_equal(one.answer.a, asked.front()->op.object))
      lock = one.op.spec->other;
  List held;
  for (const Asked& one : history.all())
    if (one.op.object == lock && one.is(Verb::acquire) && one.ok()) held.push_back(&one);
  for (const Asked* one : answered_ok(asked, Verb::wait)) held.push_back(one);
  const auto token = [](const Asked& one) { return one.is(Verb::wait) ? one.answer.b : one.answer.a; };
  check_distinct(history, held, token, "its token");
  check_rising(history, held, token, "its token");
}

// ---- All of them ----------------------------------------------------------------------------------------------------

// Numbers stand for one object each; a durable one has one number for ever.
void check_numbers(const ObjectHistory& history) {
  std::map<std::int64_t, const Asked*> first, made;
  std::map<std::size_t, const Asked*> durable;
  for (const Asked& one : history.all()) {
    if (history.durable(one.shared) && one.answer.code == Errc::object_unknown &&
        (!one.is(Verb::open) || durable.contains(one.shared)))
      violated(history, one, "a durable object is gone");
    if (!one.is(Verb::open) || !one.ok()) continue;
    if (first.emplace(one.answer.a, &one).first->second->shared != one.shared)
      violated(history, one, "its number is that of another object");
    if (one.answer.b != 0 && !made.emplace(one.answer.a, &one).second)
      violated(history, one, "an object was made under a number that another one had had");
    if (history.durable(one.shared) && durable.emplace(one.shared, &one).first->second->answer.a != one.answer.a)
      violated(history, one, "a durable object was made a second time");
  }
}

void check_object(const ObjectHistory& history, const List& asked, bool final) {
  switch (history.shared(asked.front()->shared).role) {
    case Role::lock:
      return check_lock(history, asked);
    case Role::semaphore:
      return check_semaphore(history, asked);
    case Role::queue:
      return check_queue(history, asked, final);
    case Role::counter:
      return check_counter(history, asked);
    case Role::cell:
      return check_cell(history, asked);
    case Role::event:
      return check_event(history, asked);
    case Role::barrier:
      return check_barrier(history, asked);
    case Role::table:
      return check_table(history, asked, true);
    case Role::list:
      return check_table(history, asked, false);
    case Role::joinable:
      check_joinable(history, asked);
      return check_joins(history, asked);
    case Role::monitor:
      return;  // with its condition
    case Role::condition:
      check_condition(history, asked);
      return check_monitor(history, asked);
    case Role::pipe:
      return check_pipe(history, asked);
  }
}

}  // namespace

void violated(const ObjectHistory& history, const Asked& one, const std::string& text) {
  throw Violation{"objects: " + describe(history.shared(one.shared), one) + ": " + text};
}

void check_objects(const ObjectHistory& history) {
  check_numbers(history);
  std::map<std::uint64_t, List> by_number;
  std::map<std::size_t, std::uint64_t> last_number;  // that the object had at the end
  for (const Asked& one : history.all()) {
    if (one.is(Verb::open)) {
      last_number[one.shared] = one.ok() ? static_cast<std::uint64_t>(one.answer.a) : 0;
    } else {
      by_number[one.op.object].push_back(&one);
    }
  }
  for (const auto& [number, asked] : by_number)
    check_object(history, asked, last_number[asked.front()->shared] == number);
}

}  // namespace forkmill::sim
