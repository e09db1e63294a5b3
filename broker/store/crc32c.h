// CRC32C (Castagnoli, RFC 3720): detects every flipped bit and every burst of up to 32 bits. Uses the processor's
// instruction where there is one. Pure functions.
#pragma once

#include <cstdint>
#include <string_view>

namespace forkmill::broker {

// Returns the CRC of `bytes` appended to the bytes whose CRC is `so_far`.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t so_far = 0);

// The two implementations, for tests. REQUIRES for crc32c_by_instruction: crc32c_has_instruction().
bool crc32c_has_instruction();
std::uint32_t crc32c_by_instruction(std::string_view bytes, std::uint32_t so_far);
std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t so_far);

}  // namespace forkmill::broker
