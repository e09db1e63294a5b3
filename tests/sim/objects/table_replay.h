// TableReplay: a plain dict or list, to which the calls on a named one are applied in the order of its versions. Each
// answer must be the answer of the plain one.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/sim/objects/selection.h"

namespace forkmill::sim {

// Whether the verb of `call` can change a dict or list.
bool may_change(const ObjectCall& call);
// Whether `call` changed the dict or list.
bool changed(const ObjectCall& call, bool dict);
// The version of the dict or list after `call`, as its answer says.
inline std::int64_t version_of(const ObjectCall& call) { return call.answer.b; }

class TableReplay {
 public:
  explicit TableReplay(const ObjectHistory& history) : history_{history} {}
  virtual ~TableReplay() = default;

  // Applies `call` and compares its answer. False: a change of unknown fate has come between, and the contents are not
  // known from here on. `unknown_changes`: there are changes of unknown fate. Throws Violation.
  bool replay(const ObjectCall& call, bool unknown_changes);

 protected:
  using Row = std::pair<std::string, std::string>;  // key and value; of a list, the key is empty

  // Applies the call and requires that its answer fits.
  virtual void apply() = 0;
  virtual bool is_dict() const = 0;
  // The number by which the call raises the version.
  virtual std::int64_t steps() const = 0;

  void require(bool holds, const std::string& complaint) const {
    if (!holds) violated(history_, *call_, complaint);
  }
  void require_length() const { require(call_->answer.a == std::ssize(rows_), "its answer has another length"); }
  void require_items() const;
  const ObjectCall& call() const { return *call_; }
  const std::vector<proto::Payload>& values() const { return call_->op.values; }
  const std::vector<proto::Payload>& answer() const { return call_->answer.values; }
  static std::string text(const proto::Payload& value) { return std::string{value.view()}; }

  std::vector<Row> rows_;

 private:
  const ObjectHistory& history_;
  const ObjectCall* call_ = nullptr;
  std::int64_t version_ = 0;
};

class DictReplay final : public TableReplay {
 public:
  using TableReplay::TableReplay;

 private:
  void apply() override;
  bool is_dict() const override { return true; }
  std::int64_t steps() const override;

  std::string* entry(const std::string& key);
  void put(const std::string& key, std::string value);
  void erase(const std::string& key);
  void append(const std::string& key);
  void pop(const std::string& key);
};

class ListReplay final : public TableReplay {
 public:
  using TableReplay::TableReplay;

 private:
  void apply() override;
  bool is_dict() const override { return false; }
  std::int64_t steps() const override;

  std::size_t index() const;
  void erase(std::size_t index);
};

}  // namespace forkmill::sim
