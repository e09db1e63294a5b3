#include <forkmill/serialize.h>

#include <algorithm>

#include "tests/sim/objects/table_replay.h"

namespace forkmill::sim {

using proto::Verb;

std::int64_t DictReplay::steps() const {
  if (call().is(Verb::store)) return std::ssize(values()) / 2;
  return call().is(Verb::erase) ? std::ssize(values()) : 1;
}

std::string* DictReplay::entry(const std::string& key) {
  const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const Row& row) { return row.first == key; });
  return found == rows_.end() ? nullptr : &found->second;
}

void DictReplay::put(const std::string& key, std::string value) {
  if (std::string* there = entry(key))
    *there = std::move(value);
  else
    rows_.emplace_back(key, std::move(value));
}

void DictReplay::erase(const std::string& key) {
  std::erase_if(rows_, [&](const Row& row) { return row.first == key; });
}

void DictReplay::apply() {
  const std::string key = values().empty() ? "" : text(values()[0]);
  const std::string* there = entry(key);
  switch (call().op.verb) {
    case Verb::store:
      for (std::size_t i = 0; i + 1 < values().size(); i += 2) put(text(values()[i]), text(values()[i + 1]));
      return require_length();
    case Verb::erase:
      require(there != nullptr, "it erased a key that was not there");
      return erase(key);
    case Verb::insert:
      require((call().answer.a == 0) == (there != nullptr), "its answer is wrong about whether the key was there");
      if (there == nullptr) put(key, text(values()[1]));
      return require(answer().size() == 1 && text(answer()[0]) == *entry(key), "it found another value");
    case Verb::append:
      return append(key);
    case Verb::exchange:
      require((there != nullptr ? *there : "") == text(values()[1]), "it found another value than was there");
      return values()[2].empty() ? erase(key) : put(key, text(values()[2]));
    case Verb::pop:
      return pop(key);
    case Verb::clear:
      return rows_.clear();
    case Verb::fetch:
      return require(there != nullptr && answer().size() == 1 && text(answer()[0]) == *there, "it read another value");
    case Verb::items:
      return require_items();
    default:
      return require_length();
  }
}

void DictReplay::append(const std::string& key) {
  const std::string* there = entry(key);
  auto all = there != nullptr ? unpack_value<std::vector<std::int64_t>>(*there) : std::vector<std::int64_t>{};
  all.push_back(unpack_value<std::int64_t>(values()[1].view()));
  require(call().answer.a == std::ssize(all), "the array has another length");
  put(key, pack_value(all));
}

void DictReplay::pop(const std::string& key) {
  if (!values().empty()) {
    const std::string* there = entry(key);
    require(there != nullptr && answer().size() == 1 && text(answer()[0]) == *there, "it popped another value");
    return erase(key);
  }
  require(!rows_.empty() && answer().size() == 2 && text(answer()[0]) == rows_.back().first &&
              text(answer()[1]) == rows_.back().second,
          "it popped another item than the latest one");
  rows_.pop_back();
}

}  // namespace forkmill::sim
