// BookStore: where a broker keeps the text of its KeyBook. One thread at a time uses a store.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace forkmill::broker {

class BookStore {
 public:
  virtual ~BookStore() = default;

  // Calls `take` with the text, which is empty at first, unless it is the same as when it was taken or changed last. A
  // text for which `take` throws has not been taken. Throws std::runtime_error, and what `take` throws.
  using Take = std::function<void(const std::string& text)>;
  virtual void read(const Take& take) = 0;

  // Replaces the text by what `edit` makes of it. The change is whole or not at all, no other change comes between, and
  // the new text is safe when change() returns, also if it is the one of before: another broker, or a change whose end
  // is not known, may have left one that a power cut or a failover takes away. nullopt leaves the text as it is, safe
  // or not. Throws std::runtime_error, after which it is not known whether the text was changed; what `edit` throws
  // leaves it as it was.
  using Edit = std::function<std::optional<std::string>(const std::string& text)>;
  virtual void change(const Edit& edit) = 0;

  // Where the text is, for errors.
  virtual std::string name() const = 0;
};

}  // namespace forkmill::broker
