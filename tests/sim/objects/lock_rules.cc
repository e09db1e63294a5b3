// The rules of locks and semaphores.
#include <map>

#include "tests/sim/objects/kind_rules.h"

namespace forkmill::sim {

using proto::Verb;

namespace {

std::int64_t token_of(const ObjectCall& call) { return call.answer.a; }

// `needed`: the acquires of this token that its releases so far need. `one_holder`: only the latest holder may release.
void check_release(const ObjectHistory& history, const Selection& acquired, const ObjectCall& release,
                   std::int64_t token, std::int64_t needed, bool one_holder) {
  std::int64_t times = 0;
  for (const ObjectCall* one : acquired) {
    if (token_of(*one) == token) {
      ++times;
      if (one->losses_after < release.losses_before)
        violated(history, release, "the release succeeded although its holder had been told that the hold was lost");
    } else if (one_holder && token_of(*one) > token && one->ended < release.began) {
      violated(history, release,
               "the release succeeded although #" + std::to_string(one->cookie) + " had acquired the lock since");
    }
  }
  if (times == 0) violated(history, release, "a token was released that was never acquired");
  if (needed > times) violated(history, release, "a token was released more often than acquired");
}

void check_releases(const ObjectHistory& history, const Selection& calls, bool one_holder) {
  const Selection acquired = succeeded(calls, Verb::acquire);
  const std::int64_t unknown = count_unknown(calls, Verb::acquire);
  std::map<std::int64_t, std::int64_t> released;
  for (const ObjectCall* release : succeeded(calls, Verb::release))
    for (const std::int64_t token : tokens_named(release->op))
      check_release(history, acquired, *release, token, ++released[token] - unknown, one_holder);
}

void check_tokens(const ObjectHistory& history, const Selection& acquired) {
  check_distinct(history, acquired, token_of, "its token");
  check_rising(history, acquired, token_of, "its token");
}

// A token of a recursive lock belongs to one holder, which may acquire it several times.
void check_holders(const ObjectHistory& history, const Selection& acquired) {
  std::map<std::int64_t, const ObjectCall*> holders;
  for (const ObjectCall* one : acquired) {
    const ObjectCall* holder = holders.emplace(token_of(*one), one).first->second;
    if (holder->client != one->client || holder->op.who != one->op.who)
      violated(history, *one, "its token is also that of #" + std::to_string(holder->cookie));
  }
}

}  // namespace

void check_lock(const ObjectHistory& history, const Selection& calls) {
  const Shared& shared = history.shared(calls.front()->shared);
  const Selection acquired = succeeded(calls, Verb::acquire);
  const bool recursive = (shared.spec.flags & proto::kObjectRecursive) != 0;
  recursive ? check_holders(history, acquired) : check_tokens(history, acquired);
  check_releases(history, calls, true);
}

void check_semaphore(const ObjectHistory& history, const Selection& calls) {
  check_tokens(history, succeeded(calls, Verb::acquire));
  check_releases(history, calls, false);
}

}  // namespace forkmill::sim
