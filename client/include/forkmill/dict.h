// Dict<K, V> and Namespace: shared maps, in the order in which keys were made. What holds for all shared values:
// manager.h.
#pragma once

#include <forkmill/detail/object.h>
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

// A dict of packed keys and values.
class RawDict : public Handle {
 public:
  std::int64_t size() const;
  bool empty() const { return size() == 0; }
  void clear();
  // Rises with every change; for wait_change().
  std::int64_t version() const;

 protected:
  enum class Part : std::int64_t { keys = 1, values = 2, both = 3 };

  RawDict(std::string_view name, std::uint64_t type, const ObjectOptions& options);
  RawDict(const Ticket& ticket, std::uint64_t type);

  std::optional<Bytes> find(std::string key) const;
  void store(std::vector<std::string> keys_and_values);
  Bytes insert_new(std::string key, std::string value, bool& made);
  bool drop(std::string key);
  std::optional<Bytes> take(std::string key);
  std::optional<std::pair<Bytes, Bytes>> take_last();
  bool has(std::string key) const;
  std::vector<Bytes> all(Part part) const;
  Bytes add_to(std::string key, std::string number, std::optional<std::string> start);
  std::int64_t append_to(std::string key, std::string element);
  bool exchange(std::string key, std::optional<std::string> expected, std::optional<std::string> desired);
  std::optional<RawChanges> changes_since(std::int64_t version, Wait wait) const;
  Watch watch_raw(std::function<void(const RawChanges&)> callback) const;
  [[noreturn]] void throw_no_key() const;
};

}  // namespace detail

template <class K, class V>
class Dict : public detail::RawDict {
 public:
  using TravelsAsTicket = void;

  explicit Dict(const ObjectOptions& options = {}) : Dict{std::string_view{}, options} {}
  explicit Dict(std::string_view name, const ObjectOptions& options = {}) : RawDict{name, type(), options} {}
  Dict(const detail::Ticket& ticket, detail::FromTicket) : RawDict{ticket, type()} {}
  detail::Ticket travel_ticket() const { return ticket(); }

  // An element to read or assign: int n = dict["a"]; dict["a"] = 2; dict["a"] += 1 (atomic, from 0 where there is
  // none).
  class Item {
   public:
    Item(const Dict& dict, K key) : dict_{dict}, key_{std::move(key)} {}
    operator V() const { return dict_.at(key_); }  // NOLINT(google-explicit-constructor)
    V get() const { return dict_.at(key_); }
    Item& operator=(const V& value) {
      dict_.set(key_, value);
      return *this;
    }
    Item& operator+=(const V& number) {
      dict_.add(key_, number, V{});
      return *this;
    }

   private:
    Dict dict_;
    K key_;
  };
  Item operator[](const K& key) const { return Item{*this, key}; }

  V at(const K& key) const {  // throws UnknownKey
    if (auto value = get(key)) return std::move(*value);
    this->throw_no_key();
  }
  std::optional<V> get(const K& key) const { return value_of(find(pack(key))); }
  V get(const K& key, const V& otherwise) const { return get(key).value_or(otherwise); }
  bool contains(const K& key) const { return has(pack(key)); }

  void set(const K& key, const V& value) { store({pack(key), pack_new(value)}); }
  // All of another map, in few messages.
  template <class Map>
  void update(const Map& values) {
    std::vector<std::string> all;
    for (const auto& [key, value] : values) {
      all.push_back(pack<K>(key));
      all.push_back(pack_new<V>(value));
    }
    store(std::move(all));
  }
  // What is under the key: this value, if there was none.
  V setdefault(const K& key, const V& value) {
    bool made = false;
    return value_of(insert_new(pack(key), pack_new(value), made));
  }
  // False, and nothing is changed, when the key is there.
  bool insert(const K& key, const V& value) {
    bool made = false;
    insert_new(pack(key), pack_new(value), made);
    return made;
  }
  // Whether it was there.
  bool erase(const K& key) { return drop(pack(key)); }
  V pop(const K& key) {  // throws UnknownKey
    if (auto value = take(pack(key))) return value_of(*value);
    this->throw_no_key();
  }
  V pop(const K& key, const V& otherwise) { return value_of(take(pack(key))).value_or(otherwise); }
  std::pair<K, V> popitem() {  // the last one made; throws UnknownKey when there is none
    auto item = take_last();
    if (!item) this->throw_no_key();
    return {key_of(item->first), value_of(item->second)};
  }

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

  // Atomic updates. add: the sum; a key that is not there counts as `start`, and without one is UnknownKey.
  V add(const K& key, const V& number) { return value_of(add_to(pack(key), pack(number), {})); }
  V add(const K& key, const V& number, const V& start) {
    return value_of(add_to(pack(key), pack(number), pack(start)));
  }
  // At the end of the sequence under the key, which is made when there is none; returns its length.
  template <class E>
  std::int64_t append(const K& key, const E& element) {
    return append_to(pack(key), pack<typename V::value_type>(element));
  }
  // True when `expected` was there (nullopt: when the key was not), and now `desired` is (nullopt: the key is not).
  // Values are equal when they are packed alike.
  bool compare_and_set(const K& key, const std::optional<V>& expected, const std::optional<V>& desired) {
    const auto packed = [](const std::optional<V>& value) {
      return value ? std::optional{pack_new(*value)} : std::nullopt;
    };
    return exchange(pack(key), packed(expected), packed(desired));
  }

  // What changed after that version, once something has: the keys, each once. Empty when the time limit has passed.
  std::optional<Changes<K>> wait_change(std::int64_t version) const { return changes_of(changes_since(version, {})); }
  template <class Rep, class Period>
  std::optional<Changes<K>> wait_change(std::int64_t version, std::chrono::duration<Rep, Period> timeout) const {
    return changes_of(changes_since(version, detail::within(timeout)));
  }
  // f(const Changes<K>&) for what changes from now on, on the client's executor, one call at a time, until the Watch is
  // destroyed. Changes that come quickly one after the other may come as one.
  template <class F>
  [[nodiscard]] Watch watch(F&& f) const {
    return watch_raw([copy = *this, call = std::forward<F>(f)](const detail::RawChanges& raw) mutable {
      call(copy.changes_of(raw));
    });
  }

 private:
  static std::uint64_t type() {
    static const std::uint64_t hash = signature_hash("{" + signature_of<K>() + ":" + signature_of<V>() + "}");
    return hash;
  }
  template <class T>
  static std::string pack(const T& value) {
    return pack_value(value);
  }
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

// Named values of different types.
class Namespace : public detail::RawDict {
 public:
  using TravelsAsTicket = void;

  explicit Namespace(const ObjectOptions& options = {}) : Namespace{std::string_view{}, options} {}
  explicit Namespace(std::string_view name, const ObjectOptions& options = {})
      : RawDict{name, signature_hash("forkmill.Namespace"), options} {}
  Namespace(const detail::Ticket& ticket, detail::FromTicket) : RawDict{ticket, signature_hash("forkmill.Namespace")} {}
  detail::Ticket travel_ticket() const { return ticket(); }

  template <class T>
  void set(std::string_view attribute, const T& value) {
    if constexpr (std::is_convertible_v<const T&, std::string_view>)
      store({pack_value(attribute), detail::pack_checked(std::string{value})});
    else
      store({pack_value(attribute), detail::pack_checked(value)});
  }
  template <class T>
  T get(std::string_view attribute) const {  // throws UnknownKey, or Error{result_undecodable} when it is no T
    const auto value = find(pack_value(attribute));
    if (!value) throw_no_key();
    return decode<T>(*value);
  }
  template <class T>
  T add(std::string_view attribute, const T& number) {
    return decode<T>(add_to(pack_value(attribute), pack_value(number), {}));
  }
  bool has(std::string_view attribute) const { return RawDict::has(pack_value(attribute)); }
  bool erase(std::string_view attribute) { return drop(pack_value(attribute)); }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& bytes : all(Part::keys)) names.push_back(decode<std::string>(bytes));
    return names;
  }
};

template <class K, class V>
struct SignatureName<Dict<K, V>> {
  static std::string get() { return "forkmill.Dict<" + detail::signature_list<K, V>() + ">"; }
};
template <>
struct SignatureName<Namespace> {
  static std::string get() { return "forkmill.Namespace"; }
};

}  // namespace forkmill
