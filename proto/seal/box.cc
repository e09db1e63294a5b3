#include "proto/seal/box.h"

#include <sodium.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "proto/check.h"
#include "proto/limits.h"

namespace forkmill::proto {

namespace {

constexpr std::string_view kMagic{
    "\xC1"
    "fmseal",
    7};
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kRestAt = 57;
constexpr std::size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(sizeof(SealNonce) == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
static_assert(sizeof(SealKey::Secret) == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
static_assert(sizeof(SealKey::Secret) == crypto_kdf_KEYBYTES);
static_assert(sizeof(SealKey::Secret) == crypto_generichash_KEYBYTES);
static_assert(limits::kMaxName < 256, "the length of a name is one byte");

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// Chooses the implementations for this processor; also makes randombytes_buf() safe for threads.
void begin_sodium() {
  static const bool begun = sodium_init() >= 0;
  FORKMILL_CHECK(begun);
}

template <std::size_t N>
void append(std::string& head, const std::array<std::uint8_t, N>& bytes) {
  head.append(reinterpret_cast<const char*>(bytes.data()), N);
}

void append_name(std::string& head, std::string_view name) {
  FORKMILL_CHECK(name.size() <= limits::kMaxName);
  head += static_cast<char>(name.size());
  head += name;
}

std::string head_bytes(const SealedHead& head, const SealKeyId& key) {
  std::string bytes{kMagic};
  bytes += static_cast<char>(kVersion);
  bytes += static_cast<char>(head.kind);
  append(bytes, key.bytes);
  append(bytes, head.nonce);
  append(bytes, head.task.bytes());
  if (head.kind == SealedKind::arguments) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(head.signature >> shift);
    append_name(bytes, head.queue);
    append_name(bytes, head.name);
  } else {
    append(bytes, head.arguments);
  }
  return bytes;
}

// HeadReader: takes the parts of a head from its bytes; `ok` says whether all were there.
class HeadReader {
 public:
  HeadReader(std::string_view bytes, std::size_t at) : bytes_{bytes}, at_{std::min(at, bytes.size())} {}

  std::string_view take(std::size_t count) {
    if (bytes_.size() - at_ < count) {
      ok_ = false;
      return {};
    }
    const auto part = bytes_.substr(at_, count);
    at_ += count;
    return part;
  }
  template <std::size_t N>
  void read(std::array<std::uint8_t, N>& to) {
    const auto part = take(N);
    std::copy(part.begin(), part.end(), to.begin());
  }
  std::uint64_t number(std::size_t count) {
    std::uint64_t value = 0;
    for (const char byte : take(count)) value = value << 8 | static_cast<std::uint8_t>(byte);
    return value;
  }
  std::string_view name() { return take(number(1)); }

  bool ok() const { return ok_; }
  std::size_t at() const { return at_; }

 private:
  std::string_view bytes_;
  std::size_t at_;
  bool ok_ = true;
};

// Calls write(data) with room for `size` bytes. Returns nullopt if it returns false.
template <class Write>
std::optional<Payload> written(std::size_t size, Write&& write) {
  if (size <= Payload::kInline) {
    std::array<char, Payload::kInline> buffer{};
    if (!write(reinterpret_cast<unsigned char*>(buffer.data()))) return std::nullopt;
    return Payload::copy({buffer.data(), size});
  }
  auto buffer = std::make_shared_for_overwrite<char[]>(size);
  char* data = buffer.get();
  if (!write(reinterpret_cast<unsigned char*>(data))) return std::nullopt;
  return Payload::share(std::move(buffer), {data, size});
}

}  // namespace

std::string to_string(const SealKeyId& id) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : id.bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

SealKey::SealKey(const Secret& secret) {
  begin_sodium();
  constexpr const char* kContext = "fmseal01";  // crypto_kdf_CONTEXTBYTES
  enum Subkey : std::uint64_t { kId = 1, kBox = 2, kNonce = 3 };
  std::array<std::uint8_t, crypto_kdf_BYTES_MIN> id{};
  crypto_kdf_derive_from_key(id.data(), id.size(), kId, kContext, secret.data());
  std::copy_n(id.begin(), id_.bytes.size(), id_.bytes.begin());
  crypto_kdf_derive_from_key(box_key_.data(), box_key_.size(), kBox, kContext, secret.data());
  crypto_kdf_derive_from_key(nonce_key_.data(), nonce_key_.size(), kNonce, kContext, secret.data());
}

SealKey::~SealKey() {
  sodium_memzero(box_key_.data(), box_key_.size());
  sodium_memzero(nonce_key_.data(), nonce_key_.size());
}

bool is_sealed(std::string_view bytes) { return bytes.starts_with(kMagic); }

Result<SealedHead> read_sealed_head(std::string_view sealed) {
  const auto no_box = [](const char* why) { return Failure{Errc::seal_broken, why}; };
  if (!is_sealed(sealed)) return no_box("the bytes are not sealed");
  HeadReader reader{sealed, kMagic.size()};
  if (const auto version = reader.number(1); !reader.ok() || version != kVersion)
    return no_box("the bytes are sealed in a format that this version does not know");
  SealedHead head;
  const auto kind = reader.number(1);
  if (kind < 1 || kind > static_cast<std::uint64_t>(SealedKind::progress))
    return no_box("the sealed bytes have no kind");
  head.kind = static_cast<SealedKind>(kind);
  reader.read(head.key.bytes);
  reader.read(head.nonce);
  TaskId::Bytes task{};
  reader.read(task);
  head.task = TaskId{task};
  if (head.kind == SealedKind::arguments) {
    head.signature = reader.number(8);
    head.queue = reader.name();
    head.name = reader.name();
  } else {
    reader.read(head.arguments);
  }
  if (!reader.ok() || sealed.size() - reader.at() < kTag) return no_box("the sealed bytes are cut off");
  if (head.queue.size() > limits::kMaxName || head.name.size() > limits::kMaxName)
    return no_box("the sealed bytes have a name that is too long");
  head.size = reader.at();
  return head;
}

std::size_t sealed_size(const SealedHead& head, std::size_t clear) {
  const std::size_t rest =
      head.kind == SealedKind::arguments ? 8 + 1 + head.queue.size() + 1 + head.name.size() : sizeof head.arguments;
  return kRestAt + rest + clear + kTag;
}

Payload seal_box(const SealKey& key, const SealedHead& head, std::string_view clear) {
  const std::string front = head_bytes(head, key.id());
  return *written(front.size() + clear.size() + kTag, [&](unsigned char* data) {
    std::copy(front.begin(), front.end(), data);
    return crypto_aead_xchacha20poly1305_ietf_encrypt(data + front.size(), nullptr, bytes_of(clear), clear.size(),
                                                      bytes_of(front), front.size(), nullptr, head.nonce.data(),
                                                      key.box_key().data()) == 0;
  });
}

SealNonce random_nonce() {
  begin_sodium();
  SealNonce nonce;
  randombytes_buf(nonce.data(), nonce.size());
  return nonce;
}

SealNonce nonce_of_content(const SealKey& key, const SealedHead& head, std::string_view clear) {
  SealedHead blank = head;
  blank.nonce = {};
  const std::string front = head_bytes(blank, key.id());  // its length follows from its content
  crypto_generichash_state state;
  SealNonce nonce;
  crypto_generichash_init(&state, key.nonce_key().data(), key.nonce_key().size(), nonce.size());
  crypto_generichash_update(&state, bytes_of(front), front.size());
  crypto_generichash_update(&state, bytes_of(clear), clear.size());
  crypto_generichash_final(&state, nonce.data(), nonce.size());
  return nonce;
}

std::optional<Payload> open_box(const SealKey& key, const SealedHead& head, std::string_view sealed) {
  if (key.id() != head.key || head.size == 0 || sealed.size() < head.size + kTag) return std::nullopt;
  const auto front = sealed.substr(0, head.size);
  const auto box = sealed.substr(head.size);
  return written(box.size() - kTag, [&](unsigned char* data) {
    return crypto_aead_xchacha20poly1305_ietf_decrypt(data, nullptr, nullptr, bytes_of(box), box.size(),
                                                      bytes_of(front), front.size(), head.nonce.data(),
                                                      key.box_key().data()) == 0;
  });
}

}  // namespace forkmill::proto
