#include <forkmill/serialize.h>

#include <algorithm>
#include <set>

#include "tests/sim/objects/object_rules.h"

namespace forkmill::sim {

using proto::Verb;

namespace {

using List = std::vector<const Asked*>;

bool changes(const Asked& one) {
  switch (one.op.verb) {
    case Verb::store:
    case Verb::erase:
    case Verb::insert:
    case Verb::add:
    case Verb::append:
    case Verb::exchange:
    case Verb::pop:
    case Verb::clear:
      return true;
    default:
      return false;
  }
}

// An insert under a key that was there changes nothing, nor does taking away what is not there.
bool changed(const Asked& one, bool dict) {
  if (!changes(one) || !one.ok()) return false;
  if (dict && one.is(Verb::insert)) return one.answer.a != 0;
  return !(dict && one.is(Verb::exchange) && one.op.values[1].empty() && one.op.values[2].empty());
}

bool has_version(const Asked& one) {
  return changes(one) || one.is(Verb::fetch) || one.is(Verb::items) || one.is(Verb::look);
}

std::string text(const proto::Payload& value) { return std::string{value.view()}; }

// What is in a table, replayed in the order of its versions. Every answer must be that of the plain thing.
class Table {
 public:
  Table(const ObjectHistory& history, bool dict) : history_{history}, dict_{dict} {}

  // False: somebody of whom nothing is known has changed it; from there on it cannot be told what is in it.
  bool replay(const Asked& one, bool others) {
    one_ = &one;
    const bool change = changed(one, dict_);
    const std::int64_t before = one.answer.b - (change ? steps() : 0);
    require(before >= version_, "its version had passed before it");
    if (before > version_) {
      require(others, "between it and the one before, the object was changed by nobody");
      return false;
    }
    dict_ ? replay_dict() : replay_list();
    version_ = one.answer.b;
    return true;
  }

 private:
  void require(bool holds, const std::string& complaint) const {
    if (!holds) violated(history_, *one_, complaint);
  }
  const std::vector<proto::Payload>& values() const { return one_->op.values; }
  const std::vector<proto::Payload>& got() const { return one_->answer.values; }

  // By how much it raises the version.
  std::int64_t steps() const {
    const auto many = std::ssize(values());
    if (one_->is(Verb::store)) return dict_ ? many / 2 : many;
    if (one_->is(Verb::erase)) return dict_ ? many : 1;
    return one_->is(Verb::append) && !dict_ ? many : 1;
  }

  // ---- Dicts
  std::string* entry(const std::string& key) {
    const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const auto& row) { return row.first == key; });
    return found == rows_.end() ? nullptr : &found->second;
  }
  void put(const std::string& key, std::string value) {
    if (std::string* there = entry(key))
      *there = std::move(value);
    else
      rows_.emplace_back(key, std::move(value));
  }
  void drop(const std::string& key) {
    std::erase_if(rows_, [&](const auto& row) { return row.first == key; });
  }

  void replay_dict() {
    const std::string key = values().empty() ? "" : text(values()[0]);
    const std::string* there = entry(key);
    switch (one_->op.verb) {
      case Verb::store:
        for (std::size_t i = 0; i + 1 < values().size(); i += 2) put(text(values()[i]), text(values()[i + 1]));
        return require(one_->answer.a == std::ssize(rows_), "it has another length");
      case Verb::erase:
        require(there != nullptr, "it erased a key that was not there");
        return drop(key);
      case Verb::insert:
        require((one_->answer.a == 0) == (there != nullptr), "whether the key was there is not so");
        if (there == nullptr) put(key, text(values()[1]));
        return require(got().size() == 1 && text(got()[0]) == *entry(key), "it found another value");
      case Verb::append: {
        auto all = there != nullptr ? unpack_value<std::vector<std::int64_t>>(*there) : std::vector<std::int64_t>{};
        all.push_back(unpack_value<std::int64_t>(values()[1].view()));
        require(one_->answer.a == std::ssize(all), "the array has another length");
        return put(key, pack_value(all));
      }
      case Verb::exchange:
        require((there != nullptr ? *there : "") == text(values()[1]), "it found what was not there");
        return values()[2].empty() ? drop(key) : put(key, text(values()[2]));
      case Verb::pop:
        return pop_from_dict(key);
      case Verb::clear:
        return rows_.clear();
      case Verb::fetch:
        return require(there != nullptr && got().size() == 1 && text(got()[0]) == *there, "it read another value");
      case Verb::items:
        return check_items();
      default:
        return require(one_->answer.a == std::ssize(rows_), "it has another length");
    }
  }

  void pop_from_dict(const std::string& key) {
    if (!values().empty()) {
      require(entry(key) != nullptr && got().size() == 1 && text(got()[0]) == *entry(key), "it popped another value");
      return drop(key);
    }
    require(!rows_.empty() && got().size() == 2 && text(got()[0]) == rows_.back().first &&
                text(got()[1]) == rows_.back().second,
            "it popped something else than what was made last");
    rows_.pop_back();
  }

  void check_items() const {
    if (one_->op.b != 0 || one_->answer.a != 0) return;
    std::vector<std::string> expected;
    for (const auto& [key, value] : rows_) {
      if (dict_) expected.push_back(key);
      expected.push_back(value);
    }
    const bool same = std::equal(expected.begin(), expected.end(), got().begin(), got().end(),
                                 [](const std::string& a, const proto::Payload& b) { return a == b.view(); });
    require(same, "it listed something else");
  }

  // ---- Lists
  std::size_t place() const {
    const std::int64_t index = one_->op.a < 0 ? one_->op.a + std::ssize(rows_) : one_->op.a;
    require(index >= 0 && index < std::ssize(rows_), "there was no such index");
    return static_cast<std::size_t>(index);
  }

  void replay_list() {
    switch (one_->op.verb) {
      case Verb::append:
        for (const auto& value : values()) rows_.emplace_back("", text(value));
        return require(one_->answer.a == std::ssize(rows_), "it has another length");
      case Verb::insert: {
        const auto length = std::ssize(rows_);
        const auto at = one_->op.a < 0 ? std::max<std::int64_t>(0, one_->op.a + length) : std::min(one_->op.a, length);
        rows_.insert(rows_.begin() + at, {"", text(values()[0])});
        return require(one_->answer.a == std::ssize(rows_), "it has another length");
      }
      case Verb::store:
        rows_[place()].second = text(values()[0]);
        return;
      case Verb::erase:
        rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(place()));
        return;
      case Verb::pop:
        require(got().size() == 1 && text(got()[0]) == rows_[place()].second, "it popped another value");
        rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(place()));
        return;
      case Verb::exchange:
        require(rows_[place()].second == text(values()[0]), "it found what was not there");
        rows_[place()].second = text(values()[1]);
        return;
      case Verb::clear:
        return rows_.clear();
      case Verb::fetch:
        return require(got().size() == 1 && text(got()[0]) == rows_[place()].second, "it read another value");
      case Verb::items:
        return check_items();
      default:
        return require(one_->answer.a == std::ssize(rows_), "it has another length");
    }
  }

  const ObjectHistory& history_;
  bool dict_;
  const Asked* one_ = nullptr;
  std::int64_t version_ = 0;
  std::vector<std::pair<std::string, std::string>> rows_;
};

std::int64_t version_of(const Asked& one) { return one.answer.b; }

// What was asked after another's answer had come, has seen what that one had.
void check_time(const ObjectHistory& history, const List& in_order, bool dict) {
  std::int64_t latest = 0;  // of those that had ended
  std::vector<const Asked*> by_end = in_order;
  std::sort(by_end.begin(), by_end.end(), [](const Asked* a, const Asked* b) { return a->ended < b->ended; });
  std::vector<const Asked*> by_begin = in_order;
  std::sort(by_begin.begin(), by_begin.end(), [](const Asked* a, const Asked* b) { return a->began < b->began; });
  auto ended = by_end.begin();
  for (const Asked* one : by_begin) {
    for (; ended != by_end.end() && (*ended)->ended < one->began; ++ended)
      latest = std::max(latest, version_of(**ended));
    if (version_of(*one) < latest + (changed(*one, dict) ? 1 : 0))
      violated(history, *one, "it does not know of what had been done before");
  }
}

// A watch is told of all that has changed since.
void check_watches(const ObjectHistory& history, const List& asked, const List& in_order) {
  for (const Asked* watch : asked) {
    if (!watch->is(Verb::watch) || !watch->ok() || watch->answer.a != 0) continue;
    std::set<std::string> told;
    for (const auto& key : watch->answer.values) told.insert(text(key));
    for (const Asked* one : in_order) {
      const bool of_one_key = one->is(Verb::add) || one->is(Verb::append) || one->is(Verb::exchange);
      if (!of_one_key || !changed(*one, true) || version_of(*one) <= watch->op.a ||
          version_of(*one) > version_of(*watch))
        continue;
      if (!told.contains(text(one->op.values[0])))
        violated(history, *watch, "it was not told of #" + std::to_string(one->cookie));
    }
  }
}

}  // namespace

void check_table(const ObjectHistory& history, const std::vector<const Asked*>& asked, bool dict) {
  List in_order;
  bool others = false;
  for (const Asked* one : asked) {
    if (one->ok() && has_version(*one)) in_order.push_back(one);
    others = others || (changes(*one) && one->fate == Fate::unknown);
  }
  // What was read stands behind the change that made its version.
  std::sort(in_order.begin(), in_order.end(), [&](const Asked* a, const Asked* b) {
    const bool a_reads = !changed(*a, dict);
    const bool b_reads = !changed(*b, dict);
    return std::tuple{version_of(*a), a_reads, a->cookie} < std::tuple{version_of(*b), b_reads, b->cookie};
  });
  check_time(history, in_order, dict);
  if (dict) check_watches(history, asked, in_order);
  Table table{history, dict};
  for (const Asked* one : in_order)
    if (!table.replay(*one, others)) return;
}

}  // namespace forkmill::sim
