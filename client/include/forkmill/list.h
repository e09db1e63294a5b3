// List<T>, Array<T> and Value<T>: sequences shared by processes, on one machine or many: of any length, of a fixed
// length, and of one element. The counterparts of a Python Manager's list, Array and Value, and of
// multiprocessing.Array and Value.
//
//     List    any number of elements, as std::vector
//     Array   a fixed number of elements, which begin as T{}
//     Value   one element
//
// For example:
//
//     forkmill::List<std::string> seen{"seen"};                 // one of this name for all clients of the broker
//     seen.append("first");
//     std::string last = seen.at(-1);                           // negative indices count from the end
//     forkmill::Value<int> counter{"counter"};
//     counter.add(1);                                           // atomic
//
// manager.h says what holds for all shared values: blocking, threads, lifetime, nesting, errors. Indices are 0 to
// size() - 1, or -size() to -1 from the end; any other throws UnknownIndex unless a member says otherwise. Two values
// are equal if they are packed alike: 0.0 and −0.0 are not. A list holds at most 1 GiB, a durable one 16 MiB; beyond it
// a member that would add something throws Full.
//
// Complexity at the broker: constant for members that read or replace one element and for append(); linear in the
// length for insert(), erase(), pop() at the front, index(), count(), contains() and remove_value(). values(), slice(),
// begin() and sort() transfer the whole list; sort() and reverse() send four bytes for each element. A durable list is
// written as a whole with each change: use a durable Dict where it is long.
#pragma once

#include <forkmill/detail/element.h>
#include <forkmill/detail/number.h>
#include <forkmill/detail/object.h>
#include <forkmill/detail/snapshot.h>
#include <forkmill/sync.h>
#include <forkmill/watch.h>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace forkmill {

namespace detail {

// RawList: a list of packed values; the members that need no type.
class RawList : public Handle {
 public:
  // Number of elements.
  // Python: len(l)
  std::int64_t size() const;
  // Whether there is no element.
  bool empty() const { return size() == 0; }
  // Version of the list, for wait_change(); rises with every change.
  std::int64_t version() const;

 protected:
  // The length of the list at one version.
  struct Length {
    std::int64_t elements = 0;
    std::int64_t version = 0;
  };
  // All elements, as they were at one version.
  struct All {
    std::vector<Bytes> values;
    std::int64_t version = 0;
  };

  // initial: the packed value that each element of a list of fixed length begins as; empty: the integer 0.
  RawList(std::string_view name, std::int64_t length, bool fixed, std::uint64_t type, const ObjectOptions& options,
          std::string initial = {});
  RawList(const Ticket& ticket, std::uint64_t type);

  // The operations, with packed values.
  std::vector<Bytes> fetch(std::int64_t index, std::int64_t count) const;
  Length length() const;
  All all() const;  // reads again until no change comes in between
  void store(std::int64_t index, std::vector<std::string> values);
  // Puts the elements, by their present indices, in this order. Returns false if the list has another version now.
  bool arrange(std::int64_t version, const std::vector<std::uint32_t>& order);
  void append_all(std::vector<std::string> values);
  void insert_at(std::int64_t index, std::string value);
  void erase_at(std::int64_t index, std::int64_t count);
  Bytes take(std::int64_t index);
  std::pair<std::int64_t, std::int64_t> search(std::string value) const;  // first index or −1; how often
  bool take_value(const std::string& value);
  Bytes add_to(std::int64_t index, std::string number, NumberType type);
  // Empty: done. Else the value that is there.
  std::optional<Bytes> exchange(std::int64_t index, std::string expected, std::string desired);
  void drop_all();
  std::optional<RawChanges> changes_since(std::int64_t version, Wait wait) const;
  Watch watch_raw(std::function<void(const RawChanges&)> callback) const;
  RLock lock_beside() const;

 private:
  bool rewrite(std::int64_t version, const std::vector<std::uint32_t>& order);
};

// The integer 0, packed: the value of each element of an Array in which nothing was stored yet, if a broker or a client
// made it that does not know initial values. A type that cannot be read from an integer reads it as T{}.
inline constexpr std::string_view kZero{"\0", 1};

// Returns T{}, packed; nothing for a handle, and for a T that cannot be made of nothing.
template <class T>
std::string pack_default() {
  if constexpr (std::is_default_constructible_v<T> && !Travels<T>)
    return pack_checked(T{});
  else
    return {};
}

// Types of the initial value of a Value<T>. Text is not one of them: it is a name.
template <class U, class T>
concept InitialValueOf = std::convertible_to<const U&, T> && !std::convertible_to<const U&, std::string_view>;

// ListOf<T>: the members that List, Array and Value share.
template <class T>
class ListOf : public RawList {
 public:
  // Blocks until the list has changed after `version`, and returns the changes since then (watch.h). The second form
  // returns nothing when `timeout` has passed; zero or less only looks.
  std::optional<Changes<std::int64_t>> wait_change(std::int64_t version) const {
    return changes_of(changes_since(version, {}));
  }
  template <class Rep, class Period>
  std::optional<Changes<std::int64_t>> wait_change(std::int64_t version,
                                                   std::chrono::duration<Rep, Period> timeout) const {
    return changes_of(changes_since(version, within(timeout)));
  }
  // Calls f(const Changes<std::int64_t>&) for changes from now on, on the client's executor, until the Watch is stopped
  // or destroyed (watch.h).
  // Blocks for one round trip.
  template <class F>
  [[nodiscard]] Watch watch(F&& f) const {
    return watch_raw([call = std::forward<F>(f)](const RawChanges& raw) mutable { call(changes_of(raw)); });
  }

 protected:
  using RawList::RawList;

  // Unpacks an element.
  T value_of(const Bytes& bytes) const {
    if constexpr (std::is_default_constructible_v<T>) {
      if (bytes.view == kZero) {
        try {
          return unpack_value<T>(bytes.view);
        } catch (const DecodeError&) {
          return T{};
        }
      }
    }
    return this->template decode<T>(bytes);
  }
  std::vector<T> values_of(const std::vector<Bytes>& all) const {
    std::vector<T> values;
    values.reserve(all.size());
    for (const auto& bytes : all) values.push_back(value_of(bytes));
    return values;
  }
  // The elements from `begin` to before `end`, as List::slice() says.
  std::vector<T> values_between(std::int64_t begin, std::int64_t end) const {
    const auto all = this->all().values;
    const auto length = static_cast<std::int64_t>(all.size());
    const auto place = [length](std::int64_t at) {
      return std::clamp<std::int64_t>(at < 0 ? at + length : at, 0, length);
    };
    const auto first = place(begin);
    const auto last = std::max(first, place(end));
    return values_of({all.begin() + first, all.begin() + last});
  }
  // 0 to count - 1.
  static std::vector<std::uint32_t> indices(std::size_t count) {
    std::vector<std::uint32_t> all(count);
    std::iota(all.begin(), all.end(), 0U);
    return all;
  }
  template <class Range>
  static std::vector<std::string> packed(const Range& values) {
    std::vector<std::string> all;
    for (const auto& value : values) all.push_back(pack_checked<T>(convert_element<T>(value)));
    return all;
  }
  template <class N>
  T add_at(std::int64_t index, const N& number) {
    return value_of(add_to(index, pack_addend<T>(number), number_type<T>()));
  }
  bool compare_and_set_at(std::int64_t index, const T& expected, const T& desired) {
    const auto there = exchange(index, pack_value(expected), pack_checked(desired));
    if (!there) return true;
    // An element that was never stored may be kZero, which types other than numbers do not pack as: it is compared as
    // T{}.
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

  // ItemOf: an element to read or assign, from operator[].
  template <class Owner>
  class ItemOf {
   public:
    // Keeps a handle of the list.
    ItemOf(const Owner& owner, std::int64_t index) : owner_{owner}, index_{index} {}
    // The element; at().
    operator T() const { return owner_.at(index_); }  // NOLINT(google-explicit-constructor)
    T get() const { return owner_.at(index_); }
    // Sets the element; set().
    ItemOf& operator=(const T& value) {
      owner_.set(index_, value);
      return *this;
    }
    // Adds to the element, in one operation; add().
    template <class N>
    ItemOf& operator+=(const N& number) {
      owner_.add(index_, number);
      return *this;
    }

   private:
    Owner owner_;
    std::int64_t index_;
  };
};

}  // namespace detail

// List<T>: a sequence of any length. T is a type that could be an argument of a task; the broker compares it between
// all handles of a list.
template <class T>
class List : public detail::ListOf<T> {
  using Base = detail::ListOf<T>;

 public:
  // Marks types whose handles travel (detail/object.h).
  using TravelsAsTicket = void;
  // Type of operator[]: converts to T; may be assigned and added to.
  using Item = typename Base::template ItemOf<List>;

  // Opens the list of this name, or makes it, empty. Without a name: makes one of its own, which goes with its last
  // handle here.
  explicit List(const ObjectOptions& options = {}) : List{std::string_view{}, options} {}
  explicit List(std::string_view name, const ObjectOptions& options = {})
      : Base{name, 0, false, detail::type_hash<T>(), options} {}
  // For the library: opens the list that a ticket names, and the ticket of this one.
  List(const detail::Ticket& ticket, detail::FromTicket) : Base{ticket, detail::type_hash<T>()} {}
  detail::Ticket travel_ticket() const { return this->ticket(); }

  // The element at an index.
  // Python: l[index]
  T at(std::int64_t index) const { return this->value_of(this->fetch(index, 1).front()); }
  // Replaces the element at an index.
  // Python: l[index] = value
  void set(std::int64_t index, const T& value) { this->store(index, {detail::pack_checked(value)}); }
  // Returns the Item of an index.
  // Never blocks; what is done with the Item does.
  Item operator[](std::int64_t index) const { return {*this, index}; }
  // Adds to the element at an index, in one operation, and returns the sum, which is a T. Integers of any type may be
  // added to integers, also negative ones to unsigned ones; fractions only to float and double.
  // Throws Error{value_differs}, and changes nothing, if the element is no number or the sum is beyond the range of T.
  // Python: with lock: l[index] += number
  template <class N>
  T add(std::int64_t index, const N& number) {
    return this->add_at(index, number);
  }
  // If the element at an index equals `expected`, replaces it by `desired`, and returns true; else changes nothing and
  // returns false. One operation.
  //
  //     forkmill::List<std::string> seats{"seats"};
  //     bool mine = seats.compare_and_set(7, "free", "Ada");
  bool compare_and_set(std::int64_t index, const T& expected, const T& desired) {
    return this->compare_and_set_at(index, expected, desired);
  }

  // Adds an element at the end.
  // Python: l.append(value)
  void append(const T& value) { this->append_all({detail::pack_checked(value)}); }
  // Adds all elements of a range at the end, in messages of about 256 KiB. Each message is one change; all of them
  // together are not. Elements are converted to T; a conversion that could lose a value does not compile, and
  // std::out_of_range is thrown for an integer that T cannot hold, before anything is added.
  //
  //     forkmill::List<std::string> names{"names"};
  //     names.extend(paths);
  //
  // Python: l.extend(values)
  template <class Range>
  void extend(const Range& values) {
    this->append_all(this->packed(values));
  }
  // Adds an element before the one at an index; an index beyond either end means that end.
  // Python: l.insert(index, value)
  void insert(std::int64_t index, const T& value) { this->insert_at(index, detail::pack_checked(value)); }
  // Removes the element at an index and returns it, in one operation.
  // Python: l.pop(index)
  T pop(std::int64_t index = -1) { return this->value_of(this->take(index)); }
  // Removes `count` elements from an index on.
  // Throws UnknownIndex if there are fewer, and removes none; throws std::invalid_argument if count is less than 1.
  // Python: del l[index:index + count]
  void erase(std::int64_t index, std::int64_t count = 1) { this->erase_at(index, count); }
  // Removes the first element that equals `value`.
  // Throws UnknownKey if there is none.
  // Python: l.remove(value)
  void remove_value(const T& value) {
    if (!this->take_value(pack_value(value))) throw UnknownKey{"no such value in '" + this->name() + "'"};
  }
  // Index of the first element that equals `value`.
  // Throws UnknownKey if there is none.
  // Python: l.index(value)
  std::int64_t index(const T& value) const {
    const auto found = this->search(pack_value(value)).first;
    if (found < 0) throw UnknownKey{"no such value in '" + this->name() + "'"};
    return found;
  }
  // Number of elements that equal `value`.
  // Python: l.count(value)
  std::int64_t count(const T& value) const { return this->search(pack_value(value)).second; }
  // Whether an element equals `value`.
  // Python: value in l
  bool contains(const T& value) const { return this->search(pack_value(value)).first >= 0; }
  // Removes all elements.
  // Python: l[:] = []
  void clear() { this->drop_all(); }

  // All elements, as they were at one moment. A long list takes several messages, which are read again while other
  // clients change it.
  // Python: l[:]
  std::vector<T> values() const { return this->values_of(this->all().values); }
  // The elements from `begin` to before `end`, as Python's list[begin:end]: negative indices count from the end,
  // indices beyond the list mean its ends. Reads the whole list.
  //
  //     forkmill::List<int> numbers{"numbers"};
  //     std::vector<int> last_two = numbers.slice(-2, numbers.size());
  //
  // Python: l[begin:end]
  std::vector<T> slice(std::int64_t begin, std::int64_t end) const { return this->values_between(begin, end); }
  // Walk through the elements as they were when begin() was called, which reads all of them.
  //
  //     forkmill::List<int> numbers{"numbers"};
  //     for (int number : numbers) std::cout << number;
  //
  // Python: for x in l
  detail::SnapshotIterator<T> begin() const { return detail::SnapshotIterator<T>{values()}; }
  detail::SnapshotIterator<T> end() const { return {}; }
  // Reverse and sort the list, as one change, however long it is: if another client changes it in between, it is done
  // again with the new elements. sort() reads all elements, is stable, and calls less(a, b) here; the broker puts the
  // elements in their new order.
  //
  //     forkmill::List<int> numbers{"numbers"};
  //     numbers.sort(std::greater<>{});
  //
  // Python: l.reverse(), l.sort()
  void reverse() {
    for (;;) {
      const auto length = this->length();
      auto order = this->indices(static_cast<std::size_t>(length.elements));
      std::ranges::reverse(order);
      if (order.size() < 2 || this->arrange(length.version, order)) return;
    }
  }
  template <class Less = std::less<>>
  void sort(Less less = {}) {
    for (;;) {
      const auto all = this->all();
      const auto values = this->values_of(all.values);
      auto order = this->indices(values.size());
      std::ranges::stable_sort(order, [&](auto a, auto b) { return less(values[a], values[b]); });
      if (order.size() < 2 || this->arrange(all.version, order)) return;
    }
  }
};

// Array<T>: a fixed number of elements, which begin as T{}.
//
//     forkmill::Array<double> grid{"grid", 1000};
//     grid.set(10, std::vector<double>{0.5, 0.25});              // elements 10 and 11
//     grid[12] = grid.at(10) + grid.at(11);
//     std::vector<double> all = grid.values();
template <class T>
class Array : public detail::ListOf<T> {
  using Base = detail::ListOf<T>;

 public:
  using TravelsAsTicket = void;
  // As List's.
  using Item = typename Base::template ItemOf<Array>;

  // Makes an array of its own, of `length` elements or of these values. length: 0 to 1,048,576; beyond it
  // Error{option_out_of_range}, below it std::invalid_argument.
  // Throws Full if as many elements T{} are more bytes than a list holds.
  // Python: mp.Array(type, length), mp.Array(type, values)
  explicit Array(std::int64_t length, const ObjectOptions& options = {}) : Array{std::string_view{}, length, options} {}
  explicit Array(const std::vector<T>& values, const ObjectOptions& options = {})
      : Array{static_cast<std::int64_t>(values.size()), options} {
    if (!values.empty()) this->store(0, this->packed(values));
  }
  // Opens the array of this name, or makes it. A name that is in use must have been made with the same length
  // (Error{object_differs}).
  explicit Array(std::string_view name, std::int64_t length, const ObjectOptions& options = {})
      : Base{name, length, true, detail::type_hash<T>(), options, detail::pack_default<T>()} {}
  // For the library.
  Array(const detail::Ticket& ticket, detail::FromTicket) : Base{ticket, detail::type_hash<T>()} {}
  detail::Ticket travel_ticket() const { return this->ticket(); }

  // The element at an index.
  // Python: a[index]
  T at(std::int64_t index) const { return this->value_of(this->fetch(index, 1).front()); }
  // Replaces the element at an index; or as many as there are values, from an index on, all or none of them. Values of
  // more than about 256 KiB go in several messages: another client may see a part.
  // Python: a[index] = value
  void set(std::int64_t index, const T& value) { this->store(index, {detail::pack_checked(value)}); }
  void set(std::int64_t index, const std::vector<T>& values) { this->store(index, this->packed(values)); }
  // Returns the Item of an index.
  // Never blocks; what is done with the Item does.
  Item operator[](std::int64_t index) const { return {*this, index}; }
  // Adds to the element at an index, in one operation, and returns the sum, as List::add() does.
  template <class N>
  T add(std::int64_t index, const N& number) {
    return this->add_at(index, number);
  }
  // If the element at an index equals `expected`, replaces it by `desired`, and returns true; else changes nothing and
  // returns false. One operation.
  bool compare_and_set(std::int64_t index, const T& expected, const T& desired) {
    return this->compare_and_set_at(index, expected, desired);
  }
  // All elements, as they were at one moment.
  // Python: a[:]
  std::vector<T> values() const { return this->values_of(this->all().values); }
  // The elements from `begin` to before `end`, as List's.
  // Python: a[begin:end]
  std::vector<T> slice(std::int64_t begin, std::int64_t end) const { return this->values_between(begin, end); }
  // Walk through the elements as they were when begin() was called, which reads all of them.
  // Python: for x in a
  detail::SnapshotIterator<T> begin() const { return detail::SnapshotIterator<T>{values()}; }
  detail::SnapshotIterator<T> end() const { return {}; }

  // Opens the lock that goes with the array, "<name>:lock", for changes of several elements. Nothing but agreement
  // keeps other clients from changing the array without it. The lock is removed with the array.
  //
  //     forkmill::Array<double> weights{"weights", 10};
  //     auto lock = weights.get_lock();
  //     std::lock_guard hold{lock};
  //     weights[0] = weights.at(1) + weights.at(2);               // three operations, one at a time
  //
  // Python: a.get_lock()
  RLock get_lock() const { return this->lock_beside(); }
};

// Value<T>: one value, which begins as T{}, or as the value given by the opening that makes it.
//
//     forkmill::Value<double> best{"best", 1e9};
//     if (best.get() > 7.5) best.set(7.5);              // two operations
//     best.compare_and_set(7.5, 7.0);                   // one operation
template <class T>
class Value : public detail::ListOf<T> {
  using Base = detail::ListOf<T>;

 public:
  using TravelsAsTicket = void;

  // Makes a value of its own: T{}, or `initial`. Text is a name instead; for an initial text use unnamed(). An initial
  // fraction of an integer does not compile; std::out_of_range is thrown for an integer that T cannot hold.
  // Python: mp.Value(type, initial)
  explicit Value(const ObjectOptions& options = {}) : Value{std::string_view{}, T{}, options} {}
  template <detail::InitialValueOf<T> U>
  explicit Value(const U& initial, const ObjectOptions& options = {})
      : Value{std::string_view{}, detail::convert_element<T>(initial), options} {}
  // Makes a value of its own that begins as `initial`, of any type.
  static Value unnamed(const T& initial, const ObjectOptions& options = {}) {
    return Value{std::string_view{}, initial, options};
  }
  // Opens the value of this name, or makes it; `initial` counts only if this makes it.
  explicit Value(std::string_view name, const T& initial = {}, const ObjectOptions& options = {})
      : Base{name, 1, true, detail::type_hash<T>(), options, detail::pack_checked(initial)} {}
  // For the library.
  Value(const detail::Ticket& ticket, detail::FromTicket) : Base{ticket, detail::type_hash<T>()} {}
  detail::Ticket travel_ticket() const { return this->ticket(); }

  // The value.
  // Python: v.value
  T get() const { return this->value_of(this->fetch(0, 1).front()); }
  // Replaces the value.
  // Python: v.value = value
  void set(const T& value) { this->store(0, {detail::pack_checked(value)}); }
  // Adds to the value, in one operation, and returns the sum, as List::add() does.
  // Python: with v.get_lock(): v.value += number
  template <class N>
  T add(const N& number) {
    return this->add_at(0, number);
  }
  // If the value equals `expected`, replaces it by `desired`, and returns true; else changes nothing and returns false.
  // One operation.
  bool compare_and_set(const T& expected, const T& desired) { return this->compare_and_set_at(0, expected, desired); }
  // Cannot be walked through.
  template <class U = T>
  detail::NoWalk<T> begin() const {
    static_assert(detail::kNever<U>, "a Value is one element, not a range: use get()");
    return {};
  }
  detail::NoWalk<T> end() const { return {}; }
  // Opens the lock that goes with the value, "<name>:lock", for several operations in a row. The lock is removed with
  // the value.
  // Python: v.get_lock()
  RLock get_lock() const { return this->lock_beside(); }
};

// Names of these types in signatures of tasks.
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
