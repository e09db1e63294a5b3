#include <algorithm>

#include "proto/wire/operands.h"
#include "tests/sim/objects/table_replay.h"

namespace forkmill::sim {

using proto::Verb;

std::int64_t ListReplay::steps() const {
  return call().is(Verb::store) || call().is(Verb::append) ? std::ssize(values()) : 1;
}

std::size_t ListReplay::index() const {
  const std::int64_t index = call().op.a < 0 ? call().op.a + std::ssize(rows_) : call().op.a;
  require(index >= 0 && index < std::ssize(rows_), "the list has no such index");
  return static_cast<std::size_t>(index);
}

void ListReplay::erase(std::size_t index) { rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(index)); }

void ListReplay::apply() {
  const std::int64_t a = call().op.a;
  switch (call().op.verb) {
    case Verb::append:
      for (const auto& value : values()) rows_.emplace_back("", text(value));
      return require_length();
    case Verb::insert: {
      const auto length = std::ssize(rows_);
      const auto at = a < 0 ? std::max<std::int64_t>(0, a + length) : std::min(a, length);
      rows_.insert(rows_.begin() + at, {"", text(values()[0])});
      return require_length();
    }
    case Verb::store:
      rows_[index()].second = text(values()[0]);
      return;
    case Verb::erase:
      return erase(index());
    case Verb::pop:
      require(answer().size() == 1 && text(answer()[0]) == rows_[index()].second, "it popped another value");
      return erase(index());
    case Verb::exchange:
      require(rows_[index()].second == text(values()[0]), "it found another value than was there");
      rows_[index()].second = text(values()[1]);
      return;
    case Verb::clear:
      return rows_.clear();
    case Verb::set: {
      const auto order = proto::order_in(values());
      require(order.size() == rows_.size(), "it arranged a list of another length");
      std::vector<Row> arranged;
      for (const std::uint32_t one : order) arranged.push_back(rows_.at(one));
      rows_ = std::move(arranged);
      return;
    }
    case Verb::fetch:
      return require(answer().size() == 1 && text(answer()[0]) == rows_[index()].second, "it read another value");
    case Verb::items:
      return require_items();
    default:
      return require_length();
  }
}

}  // namespace forkmill::sim
