// List<T>, Array<T> and Value<T>: shared sequences, of any length, of a fixed one, and of one element. What holds for
// all shared values: manager.h.
#pragma once

#include <forkmill/detail/object.h>
#include <forkmill/sync.h>
#include <forkmill/watch.h>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace forkmill {

namespace detail {

// A list of packed values. Indices below zero count from the end.
class RawList : public Handle {
 public:
  std::int64_t size() const;
  bool empty() const { return size() == 0; }
  std::int64_t version() const;  // rises with every change; for wait_change()

 protected:
  struct All {
    std::vector<Bytes> values;
    std::int64_t version = 0;
  };

  RawList(std::string_view name, std::int64_t length, bool fixed, std::uint64_t type, const ObjectOptions& options);
  RawList(const Ticket& ticket, std::uint64_t type);

  bool made() const;
  std::vector<Bytes> fetch(std::int64_t index, std::int64_t count) const;
  All all() const;  // as it was at one version
  void store(std::int64_t index, std::vector<std::string> values);
  bool store_at(std::int64_t version, std::vector<std::string> values);  // false: it has another version now
  void append_all(std::vector<std::string> values);
  void insert_at(std::int64_t index, std::string value);
  void erase_at(std::int64_t index, std::int64_t count);
  Bytes take(std::int64_t index);
  std::pair<std::int64_t, std::int64_t> search(std::string value) const;  // first index or −1; how often
  bool take_value(std::string value);
  Bytes add_to(std::int64_t index, std::string number);
  // Empty when it is done; else what is there.
  std::optional<Bytes> exchange(std::int64_t index, std::string expected, std::string desired);
  void drop_all();
  std::optional<RawChanges> changes_since(std::int64_t version, Wait wait) const;
  Watch watch_raw(std::function<void(const RawChanges&)> callback) const;
  RLock lock_beside() const;
};

// What a list of fixed length has where nothing was stored yet.
inline constexpr std::string_view kZero{"\0", 1};

// What a Value<T> can begin as. Text is a name instead.
template <class U, class T>
concept InitialValueOf = std::convertible_to<const U&, T> && !std::convertible_to<const U&, std::string_view>;

// The members that List, Array and Value share.
template <class T>
class ListOf : public RawList {
 public:
  std::optional<Changes<std::int64_t>> wait_change(std::int64_t version) const {
    return changes_of(changes_since(version, {}));
  }
  template <class Rep, class Period>
  std::optional<Changes<std::int64_t>> wait_change(std::int64_t version,
                                                   std::chrono::duration<Rep, Period> timeout) const {
    return changes_of(changes_since(version, within(timeout)));
  }
  // As Dict's.
  template <class F>
  [[nodiscard]] Watch watch(F&& f) const {
    return watch_raw([call = std::forward<F>(f)](const RawChanges& raw) mutable { call(changes_of(raw)); });
  }

 protected:
  using RawList::RawList;

  T value_of(const Bytes& bytes) const {
    if constexpr (std::is_default_constructible_v<T>)
      if (bytes.view == kZero) return T{};
    return this->template decode<T>(bytes);
  }
  std::vector<T> values_of(const std::vector<Bytes>& all) const {
    std::vector<T> values;
    values.reserve(all.size());
    for (const auto& bytes : all) values.push_back(value_of(bytes));
    return values;
  }
  template <class Range>
  static std::vector<std::string> packed(const Range& values) {
    std::vector<std::string> all;
    for (const auto& value : values) all.push_back(pack_checked<T>(value));
    return all;
  }
  bool compare_and_set_at(std::int64_t index, const T& expected, const T& desired) {
    const auto there = exchange(index, pack_value(expected), pack_checked(desired));
    if (!there) return true;
    // Zeros of other types than integers are stored otherwise than they begin.
    if (there->view != kZero || pack_value(expected) != pack_value(value_of(*there))) return false;
    return !exchange(index, std::string{kZero}, pack_checked(desired));
  }
  static Changes<std::int64_t> changes_of(const RawChanges& raw) {
    Changes<std::int64_t> changes{raw.version, raw.everything, {}};
    for (const auto& index : raw.what) changes.what.push_back(std::stoll(std::string{index.view}));
    return changes;
  }
  static std::optional<Changes<std::int64_t>> changes_of(const std::optional<RawChanges>& raw) {
    if (!raw) return std::nullopt;
    return changes_of(*raw);
  }

  // An element to read or assign.
  template <class Owner>
  class ItemOf {
   public:
    ItemOf(const Owner& owner, std::int64_t index) : owner_{owner}, index_{index} {}
    operator T() const { return owner_.at(index_); }  // NOLINT(google-explicit-constructor)
    T get() const { return owner_.at(index_); }
    ItemOf& operator=(const T& value) {
      owner_.set(index_, value);
      return *this;
    }
    ItemOf& operator+=(const T& number) {  // atomic
      owner_.add(index_, number);
      return *this;
    }

   private:
    Owner owner_;
    std::int64_t index_;
  };
};

}  // namespace detail

template <class T>
class List : public detail::ListOf<T> {
  using Base = detail::ListOf<T>;

 public:
  using TravelsAsTicket = void;
  using Item = typename Base::template ItemOf<List>;

  explicit List(const ObjectOptions& options = {}) : List{std::string_view{}, options} {}
  explicit List(std::string_view name, const ObjectOptions& options = {})
      : Base{name, 0, false, detail::type_hash<T>(), options} {}
  List(const detail::Ticket& ticket, detail::FromTicket) : Base{ticket, detail::type_hash<T>()} {}
  detail::Ticket travel_ticket() const { return this->ticket(); }

  // Throw UnknownIndex beyond the ends.
  T at(std::int64_t index) const { return this->value_of(this->fetch(index, 1).front()); }
  void set(std::int64_t index, const T& value) { this->store(index, {detail::pack_checked(value)}); }
  Item operator[](std::int64_t index) const { return {*this, index}; }
  T add(std::int64_t index, const T& number) { return this->value_of(this->add_to(index, pack_value(number))); }
  bool compare_and_set(std::int64_t index, const T& expected, const T& desired) {
    return this->compare_and_set_at(index, expected, desired);
  }

  void append(const T& value) { this->append_all({detail::pack_checked(value)}); }
  template <class Range>
  void extend(const Range& values) {
    this->append_all(this->packed(values));
  }
  void insert(std::int64_t index, const T& value) { this->insert_at(index, detail::pack_checked(value)); }
  T pop(std::int64_t index = -1) { return this->value_of(this->take(index)); }
  void erase(std::int64_t index, std::int64_t count = 1) { this->erase_at(index, count); }
  // The first that equals the value (is packed alike), or UnknownKey.
  void remove_value(const T& value) {
    if (!this->take_value(pack_value(value))) throw UnknownKey{"no such value in '" + this->name() + "'"};
  }
  std::int64_t index(const T& value) const {
    const auto found = this->search(pack_value(value)).first;
    if (found < 0) throw UnknownKey{"no such value in '" + this->name() + "'"};
    return found;
  }
  std::int64_t count(const T& value) const { return this->search(pack_value(value)).second; }
  bool contains(const T& value) const { return this->search(pack_value(value)).first >= 0; }
  void clear() { this->drop_all(); }

  std::vector<T> values() const { return this->values_of(this->all().values); }
  // As Python's list[begin:end]: ends beyond the list are its ends.
  std::vector<T> slice(std::int64_t begin, std::int64_t end) const {
    const auto all = this->all().values;
    const auto length = static_cast<std::int64_t>(all.size());
    const auto place = [length](std::int64_t at) {
      return std::clamp<std::int64_t>(at < 0 ? at + length : at, 0, length);
    };
    const auto first = place(begin);
    const auto last = std::max(first, place(end));
    return this->values_of({all.begin() + first, all.begin() + last});
  }
  // These two read all of it and write it back, again until nobody has changed it meanwhile.
  void reverse() {
    change([](std::vector<T>& values) { std::ranges::reverse(values); });
  }
  template <class Less = std::less<>>
  void sort(Less less = {}) {
    change([&](std::vector<T>& values) { std::ranges::stable_sort(values, less); });
  }

 private:
  template <class F>
  void change(F&& f) {
    for (;;) {
      const auto all = this->all();
      if (all.values.empty()) return;
      auto values = this->values_of(all.values);
      f(values);
      if (this->store_at(all.version, this->packed(values))) return;
    }
  }
};

// A fixed number of elements, which begin as T{}.
template <class T>
class Array : public detail::ListOf<T> {
  using Base = detail::ListOf<T>;

 public:
  using TravelsAsTicket = void;
  using Item = typename Base::template ItemOf<Array>;

  explicit Array(std::int64_t length, const ObjectOptions& options = {}) : Array{std::string_view{}, length, options} {}
  explicit Array(const std::vector<T>& values, const ObjectOptions& options = {})
      : Array{static_cast<std::int64_t>(values.size()), options} {
    if (!values.empty()) this->store(0, this->packed(values));
  }
  explicit Array(std::string_view name, std::int64_t length, const ObjectOptions& options = {})
      : Base{name, length, true, detail::type_hash<T>(), options} {}
  Array(const detail::Ticket& ticket, detail::FromTicket) : Base{ticket, detail::type_hash<T>()} {}
  detail::Ticket travel_ticket() const { return this->ticket(); }

  T at(std::int64_t index) const { return this->value_of(this->fetch(index, 1).front()); }
  void set(std::int64_t index, const T& value) { this->store(index, {detail::pack_checked(value)}); }
  void set(std::int64_t index, const std::vector<T>& values) { this->store(index, this->packed(values)); }
  Item operator[](std::int64_t index) const { return {*this, index}; }
  T add(std::int64_t index, const T& number) { return this->value_of(this->add_to(index, pack_value(number))); }
  bool compare_and_set(std::int64_t index, const T& expected, const T& desired) {
    return this->compare_and_set_at(index, expected, desired);
  }
  std::vector<T> values() const { return this->values_of(this->all().values); }

  // A lock that goes with it ("<name>:lock"), for whoever changes several elements.
  RLock get_lock() const { return this->lock_beside(); }
};

// One value, which begins as T{}, or as the value given when this makes it.
template <class T>
class Value : public detail::ListOf<T> {
  using Base = detail::ListOf<T>;

 public:
  using TravelsAsTicket = void;

  explicit Value(const ObjectOptions& options = {}) : Value{std::string_view{}, T{}, options} {}
  // Text is a name: for an initial text, see unnamed().
  template <detail::InitialValueOf<T> U>
  explicit Value(const U& initial, const ObjectOptions& options = {})
      : Value{std::string_view{}, T(initial), options} {}
  static Value unnamed(const T& initial, const ObjectOptions& options = {}) {
    return Value{std::string_view{}, initial, options};
  }
  explicit Value(std::string_view name, const T& initial = {}, const ObjectOptions& options = {})
      : Base{name, 1, true, detail::type_hash<T>(), options} {
    // Nobody else's value is lost: it is stored only where there is none yet.
    if (this->made()) this->exchange(0, std::string{detail::kZero}, detail::pack_checked(initial));
  }
  Value(const detail::Ticket& ticket, detail::FromTicket) : Base{ticket, detail::type_hash<T>()} {}
  detail::Ticket travel_ticket() const { return this->ticket(); }

  T get() const { return this->value_of(this->fetch(0, 1).front()); }
  void set(const T& value) { this->store(0, {detail::pack_checked(value)}); }
  T add(const T& number) { return this->value_of(this->add_to(0, pack_value(number))); }  // the sum
  bool compare_and_set(const T& expected, const T& desired) { return this->compare_and_set_at(0, expected, desired); }
  RLock get_lock() const { return this->lock_beside(); }
};

template <class T>
struct SignatureName<List<T>> {
  static std::string get() { return "forkmill.List<" + signature_of<T>() + ">"; }
};
template <class T>
struct SignatureName<Array<T>> {
  static std::string get() { return "forkmill.Array<" + signature_of<T>() + ">"; }
};
template <class T>
struct SignatureName<Value<T>> {
  static std::string get() { return "forkmill.Value<" + signature_of<T>() + ">"; }
};

}  // namespace forkmill
