// Dict<K, V> and Namespace: maps shared by processes, on one machine or many. The counterparts of a Python Manager's
// dict and Namespace.
//
//     forkmill::Dict<std::string, int> stock{"stock"};          // one of this name for all clients of the broker
//     stock.set("apples", 100);
//     stock.add("apples", -1);                                  // atomic
//     int left = stock.at("apples");
//     if (stock.contains("pears")) stock["pears"] += 1;         // atomic as well
//
// manager.h says what holds for all shared values: blocking, threads, lifetime, nesting, errors. Keys are in the order
// in which they were first set; setting a key again keeps its place. Two keys, or two values, are equal if they are
// packed alike; 0.0 and −0.0 are one key, but different values. A dict holds at most 1 GiB; beyond it a member that
// would add something throws Full.
//
// Complexity at the broker: constant on average for members that take a key, logarithmic in the number of keys for
// popitem() and for a new key; linear for keys(), values(), items() and clear(). append() copies the sequence. A
// durable dict writes the changed keys only.
#pragma once

#include <forkmill/detail/element.h>
#include <forkmill/detail/number.h>
#include <forkmill/detail/object.h>
#include <forkmill/detail/snapshot.h>
#include <forkmill/watch.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace forkmill {

namespace detail {

// RawDict: a dict of packed keys and values; the members that need no types.
class RawDict : public Handle {
 public:
  // Number of keys.
  // Python: len(d)
  std::int64_t size() const;
  // Whether there is no key.
  bool empty() const { return size() == 0; }
  // Removes all keys.
  // Python: d.clear()
  void clear();
  // Version of the dict, for wait_change(); rises with every change.
  std::int64_t version() const;

 protected:
  // Selects what all() returns; `both` are keys and values in turn. The numbers are those of the wire.
  enum class Part : std::int64_t { keys = 1, values = 2, both = 3 };

  RawDict(std::string_view name, std::uint64_t type, const ObjectOptions& options);
  RawDict(const Ticket& ticket, std::uint64_t type);

  // The operations, with packed keys and values. Empty results say that the key is not there.
  std::optional<Bytes> find(std::string key) const;
  void store(std::vector<std::string> keys_and_values);
  Bytes insert_new(std::string key, std::string value, bool& made);
  bool drop(std::string key);
  std::optional<Bytes> take(std::string key);
  std::optional<std::pair<Bytes, Bytes>> take_last();
  bool has(std::string key) const;
  std::vector<Bytes> all(Part part) const;
  Bytes add_to(std::string key, std::string number, std::optional<std::string> start, NumberType type);
  std::int64_t append_to(std::string key, std::string element);
  bool exchange(std::string key, std::optional<std::string> expected, std::optional<std::string> desired);
  std::optional<RawChanges> changes_since(std::int64_t version, Wait wait) const;
  Watch watch_raw(std::function<void(const RawChanges&)> callback) const;
  [[noreturn]] void throw_no_key() const;
};

}  // namespace detail

// Dict<K, V>: see the head of this file. K and V are types that could be arguments of a task; the broker compares them
// between all handles of a dict.
template <class K, class V>
class Dict : public detail::RawDict {
 public:
  // Marks types whose handles travel (detail/object.h).
  using TravelsAsTicket = void;

  // Opens the dict of this name, or makes it, empty. Without a name: makes one of its own, which goes with its last
  // handle here.
  explicit Dict(const ObjectOptions& options = {}) : Dict{std::string_view{}, options} {}
  explicit Dict(std::string_view name, const ObjectOptions& options = {}) : RawDict{name, type(), options} {}
  // For the library: opens the dict that a ticket names, and the ticket of this one.
  Dict(const detail::Ticket& ticket, detail::FromTicket) : RawDict{ticket, type()} {}
  detail::Ticket travel_ticket() const { return ticket(); }

  // Item: a key of the dict to read or assign, from operator[].
  //
  //     forkmill::Dict<std::string, int> count{"count"};
  //     count["a"] = 2;
  //     count["a"] += 1;                                      // atomic; begins at V{} if the key is not there
  //     int n = count["a"];                                   // throws UnknownKey if the key is not there
  class Item {
   public:
    // Keeps a handle of the dict.
    Item(const Dict& dict, K key) : dict_{dict}, key_{std::move(key)} {}
    // The value; at().
    operator V() const { return dict_.at(key_); }  // NOLINT(google-explicit-constructor)
    V get() const { return dict_.at(key_); }
    // Sets the value; set().
    Item& operator=(const V& value) {
      dict_.set(key_, value);
      return *this;
    }
    // Adds to the value, in one operation; add() with the start V{}.
    template <class N>
    Item& operator+=(const N& number) {
      dict_.add(key_, number, V{});
      return *this;
    }

   private:
    Dict dict_;
    K key_;
  };
  // Returns the Item of a key.
  // Never blocks; what is done with the Item does.
  Item operator[](const K& key) const { return Item{*this, key}; }

  // The value of a key.
  // Throws UnknownKey if it is not there.
  // Python: d[key]
  V at(const K& key) const {
    if (auto value = get(key)) return std::move(*value);
    this->throw_no_key();
  }
  // The value of a key, or nothing, or `otherwise`, if it is not there.
  // Python: d.get(key), d.get(key, otherwise)
  std::optional<V> get(const K& key) const { return value_of(find(pack_key(key))); }
  V get(const K& key, const V& otherwise) const { return get(key).value_or(otherwise); }
  // Whether the key is there.
  // Python: key in d
  bool contains(const K& key) const { return has(pack_key(key)); }

  // Sets the value of a key. A new key becomes the last one.
  // Python: d[key] = value
  void set(const K& key, const V& value) { store({pack_key(key), pack_new(value)}); }
  // Sets all keys of a map, or of any range of pairs, in messages of about 256 KiB. Each message is one change; all of
  // them together are not: another client may see a part. Keys and values are converted as List::extend() does.
  //
  //     forkmill::Dict<std::string, int> stock{"stock"};
  //     stock.update(std::map<std::string, int>{{"apples", 100}, {"pears", 20}});
  //
  // Python: d.update(values)
  template <class Map>
  void update(const Map& values) {
    std::vector<std::string> all;
    for (const auto& [key, value] : values) {
      all.push_back(pack_key(detail::convert_element<K>(key)));
      all.push_back(pack_new<V>(detail::convert_element<V>(value)));
    }
    store(std::move(all));
  }
  // The value of a key, which is set to `value` first if it is not there. One operation.
  //
  //     forkmill::Dict<std::string, int> ids{"ids"};
  //     int id = ids.setdefault("apples", 17);                    // 17, or the value that was there first
  //
  // Python: d.setdefault(key, value)
  V setdefault(const K& key, const V& value) {
    bool made = false;
    return value_of(insert_new(pack_key(key), pack_new(value), made));
  }
  // Sets the value of a key that is not there, and returns true; if the key is there, changes nothing and returns
  // false. One operation.
  bool insert(const K& key, const V& value) {
    bool made = false;
    insert_new(pack_key(key), pack_new(value), made);
    return made;
  }
  // Removes a key. Returns whether it was there.
  // Python: del d[key]
  bool erase(const K& key) { return drop(pack_key(key)); }
  // Removes a key and returns its value, in one operation. Without the key: the first form throws UnknownKey, the
  // second returns `otherwise`.
  // Python: d.pop(key), d.pop(key, otherwise)
  V pop(const K& key) {
    if (auto value = take(pack_key(key))) return value_of(*value);
    this->throw_no_key();
  }
  V pop(const K& key, const V& otherwise) { return value_of(take(pack_key(key))).value_or(otherwise); }
  // Removes the last key and returns it with its value, in one operation.
  // Throws UnknownKey if the dict is empty.
  // Python: d.popitem()
  std::pair<K, V> popitem() {
    auto item = take_last();
    if (!item) this->throw_no_key();
    return {key_of(item->first), value_of(item->second)};
  }

  // All keys, all values, and all pairs, in the order of the keys. A large dict is read in several messages: changes of
  // other clients in between may be seen or not.
  //
  //     forkmill::Dict<std::string, int> ages{"ages"};
  //     for (const auto& [name, age] : ages.items()) std::cout << name << " is " << age;
  //
  // Python: d.keys(), d.values(), d.items()
  std::vector<K> keys() const {
    std::vector<K> keys;
    for (const auto& bytes : all(Part::keys)) keys.push_back(key_of(bytes));
    return keys;
  }
  std::vector<V> values() const {
    std::vector<V> values;
    for (const auto& bytes : all(Part::values)) values.push_back(value_of(bytes));
    return values;
  }
  std::vector<std::pair<K, V>> items() const {
    std::vector<std::pair<K, V>> items;
    const auto both = all(Part::both);
    for (std::size_t i = 0; i + 1 < both.size(); i += 2) items.emplace_back(key_of(both[i]), value_of(both[i + 1]));
    return items;
  }

  // Walk through all pairs of a key and its value, as items() read them when begin() was called.
  //
  //     forkmill::Dict<std::string, int> ages{"ages"};
  //     for (const auto& [name, age] : ages) std::cout << name << " is " << age;
  //
  // Python: for key, value in d.items()
  detail::SnapshotIterator<std::pair<K, V>> begin() const { return detail::SnapshotIterator<std::pair<K, V>>{items()}; }
  detail::SnapshotIterator<std::pair<K, V>> end() const { return {}; }

  // Adds to the value of a key, in one operation, and returns the sum, which is a V. A key that is not there counts as
  // `start`; without `start` it throws UnknownKey. Integers of any type may be added to integers, also negative ones to
  // unsigned ones; fractions only to float and double.
  // Throws Error{value_differs}, and changes nothing, if the value is no number or the sum is beyond the range of V.
  // Python: with lock: d[key] += number
  template <class N>
  V add(const K& key, const N& number) {
    return value_of(add_to(pack_key(key), detail::pack_addend<V>(number), {}, detail::number_type<V>()));
  }
  template <class N>
  V add(const K& key, const N& number, const V& start) {
    return value_of(add_to(pack_key(key), detail::pack_addend<V>(number), pack_value(start), detail::number_type<V>()));
  }
  // Appends an element to the sequence that is the value of a key, in one operation, and returns its new length. A key
  // that is not there counts as an empty sequence. V must be a sequence (it has V::value_type).
  // Throws Error{value_differs} if values of type V are not packed as arrays that can grow (text, bytes, std::array),
  // Rejected{payload_too_large} if the value would exceed 64 MiB.
  //
  //     forkmill::Dict<std::string, std::vector<int>> scores{"scores"};
  //     std::int64_t count = scores.append("Ada", 99);
  //
  // Python: with lock: d[key] = d[key] + [element]
  template <class E>
  std::int64_t append(const K& key, const E& element) {
    static const bool grows = pack_value(V{}) == "\x90";  // an empty array
    if (!grows) throw Error{Errc::value_differs, "values of this type are not packed as arrays that can grow"};
    using Element = typename V::value_type;
    return append_to(pack_key(key), pack_value<Element>(detail::convert_element<Element>(element)));
  }
  // If the value of the key equals `expected`, sets it to `desired`, and returns true; else changes nothing and returns
  // false. One operation. nullopt stands for "the key is not there": as `expected` it must not be, as `desired` it is
  // removed. If V is an optional itself, an empty value is V{}, not nullopt.
  //
  //     forkmill::Dict<std::string, int> highest{"highest"};
  //     for (auto old = highest.get("score"); !old || *old < 99; old = highest.get("score"))
  //       if (highest.compare_and_set("score", old, 99)) break;   // no other client has set it in between
  //
  // Python: with lock: if d.get(key) == expected: d[key] = desired
  bool compare_and_set(const K& key, const std::optional<V>& expected, const std::optional<V>& desired) {
    const auto packed = [](const std::optional<V>& value) {
      return value ? std::optional{pack_new(*value)} : std::nullopt;
    };
    return exchange(pack_key(key), packed(expected), packed(desired));
  }

  // Blocks until the dict has changed after `version`, and returns the changes since then (watch.h). The second form
  // returns nothing when `timeout` has passed; zero or less only looks.
  //
  //     forkmill::Dict<std::string, int> stock{"stock"};
  //     auto version = stock.version();
  //     while (auto changes = stock.wait_change(version, 60s)) version = changes->version;
  std::optional<Changes<K>> wait_change(std::int64_t version) const { return changes_of(changes_since(version, {})); }
  template <class Rep, class Period>
  std::optional<Changes<K>> wait_change(std::int64_t version, std::chrono::duration<Rep, Period> timeout) const {
    return changes_of(changes_since(version, detail::within(timeout)));
  }
  // Calls f(const Changes<K>&) for changes from now on, on the client's executor, until the Watch is stopped or
  // destroyed (watch.h).
  // Blocks for one round trip.
  //
  //     forkmill::Dict<std::string, int> stock{"stock"};
  //     auto watch = stock.watch([stock](const forkmill::Changes<std::string>& changes) {
  //       for (const auto& key : changes.what) std::cout << key << ": " << stock.get(key, 0);
  //     });
  template <class F>
  [[nodiscard]] Watch watch(F&& f) const {
    return watch_raw([copy = *this, call = std::forward<F>(f)](const detail::RawChanges& raw) mutable {
      call(copy.changes_of(raw));
    });
  }

 private:
  // The hash that the broker compares.
  static std::uint64_t type() {
    detail::check_packs<K>();
    detail::check_packs<V>();
    static const std::uint64_t hash = signature_hash("{" + signature_of<K>() + ":" + signature_of<V>() + "}");
    return hash;
  }
  // Keys that are equal in C++ are packed alike.
  static std::string pack_key(const K& key) { return detail::pack_key(key); }
  // Packs a value that is to be stored; throws Rejected{payload_too_large}.
  template <class T>
  static std::string pack_new(const T& value) {
    return detail::pack_checked(value);
  }
  K key_of(const detail::Bytes& bytes) const { return this->template decode<K>(bytes); }
  V value_of(const detail::Bytes& bytes) const { return this->template decode<V>(bytes); }
  std::optional<V> value_of(const std::optional<detail::Bytes>& bytes) const {
    if (!bytes) return std::nullopt;
    return value_of(*bytes);
  }
  Changes<K> changes_of(const detail::RawChanges& raw) const {
    Changes<K> changes{raw.version, raw.everything, {}};
    for (const auto& key : raw.what) changes.what.push_back(key_of(key));
    return changes;
  }
  std::optional<Changes<K>> changes_of(const std::optional<detail::RawChanges>& raw) const {
    if (!raw) return std::nullopt;
    return changes_of(*raw);
  }
};

// Namespace: named values of different types.
//
//     forkmill::Namespace settings{"settings"};
//     settings.set("threads", 4);
//     int threads = settings.get<int>("threads");
class Namespace : public detail::RawDict {
 public:
  using TravelsAsTicket = void;

  // Opens the namespace of this name, or makes it, empty. Without a name: makes one of its own.
  explicit Namespace(const ObjectOptions& options = {}) : Namespace{std::string_view{}, options} {}
  explicit Namespace(std::string_view name, const ObjectOptions& options = {})
      : RawDict{name, signature_hash("forkmill.Namespace"), options} {}
  // For the library.
  Namespace(const detail::Ticket& ticket, detail::FromTicket) : RawDict{ticket, signature_hash("forkmill.Namespace")} {}
  detail::Ticket travel_ticket() const { return ticket(); }

  // Sets an attribute. Text of any type is stored as std::string.
  // Python: n.attribute = value
  template <class T>
  void set(std::string_view attribute, const T& value) {
    if constexpr (std::is_convertible_v<const T&, std::string_view>)
      store({pack_value(attribute), detail::pack_checked(std::string{value})});
    else
      store({pack_value(attribute), detail::pack_checked(value)});
  }
  // The value of an attribute.
  // Throws UnknownKey if it is not there, Error{result_undecodable} if it is not a T.
  // Python: n.attribute
  template <class T>
  T get(std::string_view attribute) const {
    const auto value = find(pack_value(attribute));
    if (!value) throw_no_key();
    return decode<T>(*value);
  }
  // Adds to the value of an attribute, in one operation, and returns the sum, which is a T, as Dict::add() does.
  // Throws UnknownKey if the attribute is not there; Error{value_differs} as Dict::add() does, also if T is one of
  // integers and the value is a fraction.
  template <class T>
  T add(std::string_view attribute, const T& number) {
    return decode<T>(add_to(pack_value(attribute), detail::pack_addend<T>(number), {}, detail::number_type<T>()));
  }
  // Whether the attribute is there.
  // Python: hasattr(n, "attribute")
  bool has(std::string_view attribute) const { return RawDict::has(pack_value(attribute)); }
  // Removes an attribute. Returns whether it was there.
  // Python: del n.attribute
  bool erase(std::string_view attribute) { return drop(pack_value(attribute)); }
  // Cannot be walked through: its values have different types.
  template <class T = void>
  detail::NoWalk<std::pair<std::string, int>> begin() const {
    static_assert(detail::kNever<T>, "the values of a Namespace have different types: use names(), and get<T>(name)");
    return {};
  }
  detail::NoWalk<std::pair<std::string, int>> end() const { return {}; }
  // Names of all attributes, in the order in which they were first set.
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& bytes : all(Part::keys)) names.push_back(decode<std::string>(bytes));
    return names;
  }
};

// Names of these types in signatures of tasks.
template <class K, class V>
struct SignatureName<Dict<K, V>> {
  static std::string get() { return "forkmill.Dict<" + detail::signature_list<K, V>() + ">"; }
};
template <>
struct SignatureName<Namespace> {
  static std::string get() { return "forkmill.Namespace"; }
};

}  // namespace forkmill
