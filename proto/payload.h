// Payload: immutable bytes; carries arguments and results. A few bytes stand in the object itself, so that they cost no
// allocation; more bytes have a shared owner, so that a copy copies a pointer, and a large payload that arrived as its
// own frame is passed on without a copy of its bytes. Different threads may use copies, but not one object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace forkmill::proto {

// A copy copies all kInline bytes, which is quicker than to ask how many there are. GCC warns of those not written yet.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#endif

class Payload {
 public:
  static constexpr std::size_t kInline = 71;  // as many bytes may stand in the object

  Payload() noexcept {}  // NOLINT(modernize-use-equals-default): the bytes are left uninitialized
  Payload(const Payload& other) : size_{other.size_} {
    if (is_shared())
      new (bytes_.at) Shared{other.owned()};
    else
      bytes_ = other.bytes_;
  }
  // A Shared may be moved by its bytes: a shared_ptr of libstdc++ and of libc++ does not point to itself.
  Payload(Payload&& other) noexcept : bytes_{other.bytes_}, size_{std::exchange(other.size_, std::uint8_t{0})} {}
  Payload& operator=(const Payload& other) {
    if (this != &other) *this = Payload{other};
    return *this;
  }
  Payload& operator=(Payload&& other) noexcept {
    if (this == &other) return *this;
    release();
    return *new (this) Payload{std::move(other)};
  }
  ~Payload() { release(); }

  // Copies `bytes`, in one allocation or none.
  static Payload copy(std::string_view bytes) {
    if (bytes.size() <= kInline) return Payload{bytes};
    auto buffer = std::make_shared_for_overwrite<char[]>(bytes.size());
    std::memcpy(buffer.get(), bytes.data(), bytes.size());
    const char* data = buffer.get();
    return Payload{std::move(buffer), {data, bytes.size()}};
  }
  static Payload own(std::string bytes) {
    if (bytes.size() <= kInline) return Payload{std::string_view{bytes}};
    auto holder = std::make_shared<const std::string>(std::move(bytes));
    const std::string_view view = *holder;
    return Payload{std::move(holder), view};
  }
  // `owner` is not null. `bytes` must stay valid and unchanged for as long as it lives.
  static Payload share(std::shared_ptr<const void> owner, std::string_view bytes) {
    return Payload{std::move(owner), bytes};
  }

  // The view is valid until this object is assigned to, moved or destroyed.
  std::string_view view() const {
    return is_shared() ? owned().bytes : std::string_view{reinterpret_cast<const char*>(bytes_.at), size_};
  }
  std::size_t size() const { return is_shared() ? owned().bytes.size() : size_; }
  bool empty() const { return size() == 0; }
  // Returns the same bytes with an owner, for users that keep a view beyond the life of this object.
  Payload with_owner() const {
    if (is_shared()) return *this;
    auto holder = std::make_shared<const std::string>(view());
    const std::string_view bytes = *holder;
    return Payload{std::move(holder), bytes};
  }
  // Null: the bytes stand in the object.
  std::shared_ptr<const void> owner() const { return is_shared() ? owned().owner : nullptr; }

  friend bool operator==(const Payload& a, const Payload& b) { return a.view() == b.view(); }

 private:
  struct Shared {
    std::shared_ptr<const void> owner;
    std::string_view bytes;
  };
  static_assert(sizeof(Shared) <= kInline);

  explicit Payload(std::string_view bytes) : size_{static_cast<std::uint8_t>(bytes.size())} {
    if (!bytes.empty()) std::memcpy(bytes_.at, bytes.data(), bytes.size());  // an empty view may point nowhere
  }
  Payload(std::shared_ptr<const void> owner, std::string_view bytes) : size_{kShared} {
    new (bytes_.at) Shared{std::move(owner), bytes};
  }
  bool is_shared() const { return size_ == kShared; }
  const Shared& owned() const { return *std::launder(reinterpret_cast<const Shared*>(bytes_.at)); }
  void release() {
    if (is_shared()) std::launder(reinterpret_cast<Shared*>(bytes_.at))->~Shared();
  }

  // A copy of unwritten bytes is allowed only for unsigned char.
  struct Bytes {
    unsigned char at[kInline];
  };
  static constexpr std::uint8_t kShared = 255;

  alignas(Shared) Bytes bytes_;
  std::uint8_t size_ = 0;  // how many bytes stand in the object; kShared: `bytes_` is a Shared
};

// Each waiting task of the broker has one.
static_assert(sizeof(Payload) == Payload::kInline + 1);

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

}  // namespace forkmill::proto
