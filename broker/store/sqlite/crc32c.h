// CRC32C (Castagnoli, RFC 3720): finds every single flipped bit, and every burst of up to 32. By the processor's own
// instruction where it has one. Pure functions.
#pragma once

#include <cstdint>
#include <string_view>

namespace forkmill::broker {

// Of `bytes` behind those whose CRC is `so_far`.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t so_far = 0);

// The two ways, for their tests. The instruction must not be used where crc32c_has_instruction() is false.
bool crc32c_has_instruction();
std::uint32_t crc32c_by_instruction(std::string_view bytes, std::uint32_t so_far);
std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t so_far);

}  // namespace forkmill::broker
