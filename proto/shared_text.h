// SharedText: an immutable text; copies share it. For names that many records of one sender repeat. Different threads
// may use copies, but not one object.
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace forkmill::proto {

class SharedText {
 public:
  SharedText() = default;
  // An empty text is not allocated.
  SharedText(std::string text)  // NOLINT(google-explicit-constructor): takes the place of a std::string
      : text_{text.empty() ? nullptr : std::make_shared<const std::string>(std::move(text))} {}
  SharedText(const char* text) : SharedText{std::string{text}} {}  // NOLINT(google-explicit-constructor)

  const std::string& str() const {
    static const auto* const none = new std::string;  // never destroyed: destructors of static objects may use it
    return text_ ? *text_ : *none;
  }
  operator const std::string&() const { return str(); }  // NOLINT(google-explicit-constructor)
  std::size_t size() const { return str().size(); }
  bool empty() const { return text_ == nullptr; }

  friend bool operator==(const SharedText& a, const SharedText& b) { return a.text_ == b.text_ || a.str() == b.str(); }
  friend bool operator==(const SharedText& a, const char* b) { return a.str() == b; }
  friend std::ostream& operator<<(std::ostream& out, const SharedText& text) { return out << text.str(); }

 private:
  std::shared_ptr<const std::string> text_;
};

}  // namespace forkmill::proto
