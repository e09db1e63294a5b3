#include "broker/core/peers/principals.h"

#include <sodium/crypto_generichash_blake2b.h>

#include <array>

#include "proto/mutants.h"

namespace forkmill::broker {

std::uint64_t number_of_instance(std::string_view principal, std::uint64_t instance) {
  if (principal.empty() || instance == 0) return instance;
  std::string named(sizeof instance, '\0');
  for (std::size_t i = 0; i < sizeof instance; ++i) named[i] = static_cast<char>(instance >> (8 * i));
  named += principal;
  std::array<unsigned char, crypto_generichash_blake2b_BYTES_MIN> hash{};
  crypto_generichash_blake2b(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(named.data()),
                             named.size(), nullptr, 0);
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) number = number << 8 | hash[i];
  return number == 0 ? 1 : number;
}

std::string principal_of(const BrokerState& state, proto::PeerId peer) {
  if (!state.options.principal_of || proto::mutant(proto::Mutant::principal_ignored)) return {};
  return state.options.principal_of(peer);
}

void bind_instances(proto::Hello& hello, std::string_view principal) {
  hello.instance = number_of_instance(principal, hello.instance);
  hello.child_of = number_of_instance(principal, hello.child_of);
}

}  // namespace forkmill::broker
