// Filler: makes messages of every type from an input, by the layout of proto/wire/schema.h. Each field has a value
// that its type and its maximum allow. A new message or field is covered as soon as it is in the schema.
//
// With a Palette, most names, ids and numbers have occurred in the conversation before. Without one, nearly every
// message would be refused at once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "proto/wire/reader.h"
#include "tests/fuzz/feed.h"

namespace forkmill::fuzz {

struct Palette {
  std::vector<TaskId> ids;
  std::vector<proto::Grant> grants;
  std::vector<std::uint64_t> numbers;  // sequence numbers, handles, tokens, process ids …
  std::vector<std::string> names{"default", "q", "t.echo", "lock", "a,b"};

  template <class T>
  static void remember(std::vector<T>& list, T value) {
    constexpr std::size_t kMax = 64;
    if (std::find(list.begin(), list.end(), value) != list.end()) return;
    if (list.size() >= kMax) list.erase(list.begin());
    list.push_back(std::move(value));
  }
};

class Filler {
 public:
  Filler(Feed& feed, const Palette& palette) : feed_{feed}, palette_{palette} {}

  template <class... F>
  void record(std::size_t, F&&... values) {
    (get(values), ...);
  }
  template <class... F>
  void list(F&&... values) {
    (get(values), ...);
  }
  template <class... O>
  void options(O&&... entries) {
    (get_option(entries), ...);
  }

  void get(bool& value) { value = feed_.flag(); }
  void get(double& value) {
    const std::int64_t tenths = static_cast<std::int8_t>(feed_.byte());
    value = static_cast<double>(tenths) / 10;
  }
  template <std::unsigned_integral T>
  void get(T& value) {
    value = static_cast<T>(known_number());
  }
  template <std::signed_integral T>
  void get(T& value) {
    value = static_cast<T>(known_number());
    if (feed_.flag()) value = static_cast<T>(~value);
  }
  void get(proto::milliseconds& value) {
    std::int64_t count = 0;
    get(count);
    value = proto::milliseconds{count};
  }
  void get(std::string& value) { get_text(value, proto::limits::kMaxName); }
  template <class Tag, class Rep>
  void get(proto::Strong<Tag, Rep>& value) {
    value = proto::Strong<Tag, Rep>{static_cast<Rep>(known_number())};
  }
  void get(Errc& value) { value = errc_from(feed_.byte()); }
  template <class E>
  requires std::is_enum_v<E>
  void get(E& value) {
    const std::size_t first = proto::first_number(value);
    value = static_cast<E>(first + feed_.below(static_cast<std::size_t>(last_of(value)) - first + 1));
  }
  // Known numbers and some beyond.
  template <class E>
  void get(const proto::OpenNumber<E>& open) {
    open.value = static_cast<E>(feed_.below(32));
  }
  template <class... A>
  void get(const proto::NumberOf<std::variant<A...>>& number) {
    const std::size_t wanted = feed_.below(sizeof...(A));
    std::size_t index = 0;
    ((index++ == wanted ? put<A>(number.choice) : static_cast<void>(0)), ...);
  }
  template <class V>
  void get(const proto::RecordOf<V>& record) {
    std::visit([&](auto& alternative) { get(alternative); }, record.choice);
  }
  void get(TaskId& id) {
    if (!palette_.ids.empty() && feed_.below(4) != 0) {
      id = feed_.pick(palette_.ids);
    } else {
      id = TaskId::make(feed_.byte(), 0, feed_.byte());
    }
  }
  void get(proto::Grant& grant) {
    if (!palette_.grants.empty() && feed_.below(8) != 0) {
      grant = feed_.pick(palette_.grants);
    } else {
      fields(*this, grant);
    }
  }
  void get(proto::Payload& payload) {
    const std::uint8_t how = feed_.byte();
    if (how == 0xFF) {
      payload = proto::Payload::own(std::string(proto::limits::kInlinePayload + feed_.byte(), 'x'));
    } else {
      payload = proto::Payload::copy(feed_.bytes(how % 64));
    }
  }
  template <class T>
  void get(const proto::Tail<T>& one) {
    get(one.value);
  }
  void get(const proto::Bounded<std::string>& bound) { get_text(bound.value, bound.most); }
  void get(const proto::Bounded<proto::SharedText>& bound) {
    std::string text;
    get_text(text, bound.most);
    bound.value = std::move(text);
  }
  template <proto::RunOf R, class Spec>
  void get(const proto::Run<R, Spec>& run) {
    proto::run_fields<R>(*this, proto::own_spec(run.spec));
  }
  template <class T>
  void get(const proto::Bounded<std::vector<T>>& bound) {
    get(bound.value);
  }
  template <class T>
  void get(std::vector<T>& values) {
    values.resize(feed_.done() ? 0 : feed_.below(5));
    for (T& value : values) get(value);
  }
  template <class T>
  void get(proto::ShortList<T>& values) {
    values.clear();
    for (std::size_t left = feed_.done() ? 0 : feed_.below(5); left > 0; --left) get(values.emplace_back());
  }
  template <class T>
  void get(std::optional<T>& value) {
    value.reset();
    if (feed_.flag()) get(value.emplace());
  }
  template <class T>
  void get(proto::Boxed<T>& value) {
    value.reset();
    if (feed_.flag()) get(value.emplace());
  }
  template <class T>
  requires requires(Filler& filler, T& value) { fields(filler, value); }
  void get(T& value) { fields(*this, value); }

 private:
  template <class A, class V>
  void put(V& choice) {
    A& alternative = choice.template emplace<A>();
    if constexpr (!requires { A::kNumber; }) alternative.number = static_cast<std::uint8_t>(0x80 | feed_.byte());
  }
  template <class O>
  void get_option(O& entry) {
    if (feed_.below(4) == 0) get(entry.value);
  }
  std::uint64_t known_number() {
    const std::uint64_t number = feed_.number();
    if (palette_.numbers.empty() || number >= 0xA0 || number < 0x20) return number;
    return palette_.numbers[number % palette_.numbers.size()];
  }
  void get_text(std::string& value, std::size_t most) {
    const std::size_t which = feed_.below(palette_.names.size() + 2);
    if (which < palette_.names.size()) {
      value = palette_.names[which];
    } else if (which == palette_.names.size()) {
      value = feed_.bytes(most);
    } else {
      value.assign(feed_.flag() ? most : 0, 'n');
    }
  }

  Feed& feed_;
  const Palette& palette_;
};

// Makes a message of the `index`th type, or of any type.
inline proto::Message make_message(Feed& feed, const Palette& palette, std::size_t index) {
  proto::Message message;
  const auto make = [&]<std::size_t... I>(std::index_sequence<I...>) {
    (
        [&] {
          if (I != index) return;
          Filler{feed, palette}.get(message.emplace<I>());
        }(),
        ...);
  };
  make(std::make_index_sequence<std::variant_size_v<proto::AnyMessage>>{});
  return message;
}
inline proto::Message make_message(Feed& feed, const Palette& palette) {
  return make_message(feed, palette, feed.below(std::variant_size_v<proto::AnyMessage>));
}

}  // namespace forkmill::fuzz
