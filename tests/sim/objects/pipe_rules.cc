// The rules of pipes.
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "tests/sim/objects/kind_rules.h"

namespace forkmill::sim {

using proto::Verb;

void check_pipe(const ObjectHistory& history, const Selection& calls) {
  std::map<std::string, std::pair<const ObjectCall*, std::size_t>> sent;
  for (const ObjectCall* one : with(calls, Verb::send))
    for (std::size_t i = 0; i < one->op.values.size(); ++i) sent[std::string{one->op.values[i].view()}] = {one, i};
  std::set<std::string> seen;
  // By sender, receiver and end: the place of the last message that came through.
  std::map<std::tuple<std::uint64_t, std::uint64_t, std::int64_t>, std::pair<Cookie, std::size_t>> last;
  for (const ObjectCall* one : succeeded(calls, Verb::receive)) {
    for (const auto& value : one->answer.values) {
      const auto found = sent.find(std::string{value.view()});
      if (found == sent.end()) violated(history, *one, "it received a message that was never sent");
      const auto& [send, index] = found->second;
      const bool in = send->ok() || send->fate == Fate::unknown || std::cmp_less(index, send->answer.a);
      if (!in) violated(history, *one, "it received a message whose sending had failed");
      if (send->op.a == one->op.a) violated(history, *one, "it received a message at the end at which it was sent");
      if (!seen.insert(std::string{value.view()}).second) violated(history, *one, "it received a message twice");
      auto& before = last[{send->client, one->client, one->op.a}];
      const std::pair place{send->cookie, index};
      if (place <= before) violated(history, *one, "it received a message after one that was sent later");
      before = place;
    }
  }
}

}  // namespace forkmill::sim
