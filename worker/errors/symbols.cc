#include "worker/errors/symbols.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "proto/os/descriptor.h"

namespace forkmill::worker {

namespace {

constexpr std::size_t kLongestName = 400;

struct Named {
  std::string name;  // empty: none
  std::uintptr_t offset = 0;
};

// ProgramSymbols: the functions in the symbol table of the running program's file. dladdr() knows the dynamic symbols
// only, without functions that are local to a file, as most handlers are.
class ProgramSymbols {
 public:
  static const ProgramSymbols& get() {
    static const ProgramSymbols symbols;
    return symbols;
  }

  Named find(std::uintptr_t address) const {
    if (address < begin_ || address >= end_) return {};
    const auto at = address - bias_;
    auto after =
        std::upper_bound(functions_.begin(), functions_.end(), at,
                         [](std::uintptr_t value, const Function& function) { return value < function.start; });
    if (after == functions_.begin()) return {};
    const Function& function = *std::prev(after);
    if (at - function.start >= function.size) return {};
    return {names_.substr(function.name, names_.find('\0', function.name) - function.name), at - function.start};
  }

 private:
  struct Function {
    std::uintptr_t start = 0;
    std::uintptr_t size = 0;
    std::size_t name = 0;  // in names_
  };

  ProgramSymbols() {
    ::dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* self) {
          static_cast<ProgramSymbols*>(self)->place(*info);
          return 1;  // the first is the program
        },
        this);
    const proto::Descriptor file{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};
    struct stat facts {};
    if (file.get() < 0 || ::fstat(file.get(), &facts) != 0 || facts.st_size <= 0) return;
    const auto size = static_cast<std::size_t>(facts.st_size);
    void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (mapped == MAP_FAILED) return;
    read({static_cast<const char*>(mapped), size});
    ::munmap(mapped, size);
  }

  void place(const dl_phdr_info& info) {
    bias_ = info.dlpi_addr;
    begin_ = UINTPTR_MAX;
    for (std::size_t i = 0; i < info.dlpi_phnum; ++i) {
      const auto& segment = info.dlpi_phdr[i];
      if (segment.p_type != PT_LOAD) continue;
      begin_ = std::min<std::uintptr_t>(begin_, bias_ + segment.p_vaddr);
      end_ = std::max<std::uintptr_t>(end_, bias_ + segment.p_vaddr + segment.p_memsz);
    }
  }

  // Copies `count` items of the file; none if the file is too short.
  template <class T>
  static std::vector<T> piece(std::string_view file, std::size_t offset, std::size_t count) {
    if (offset > file.size() || count > (file.size() - offset) / sizeof(T)) return {};
    std::vector<T> items(count);
    if (count != 0) std::copy_n(file.data() + offset, count * sizeof(T), reinterpret_cast<char*>(items.data()));
    return items;
  }

  void read(std::string_view file) {
    const auto header = piece<ElfW(Ehdr)>(file, 0, 1);
    if (header.empty() || header[0].e_shentsize != sizeof(ElfW(Shdr))) return;
    const auto sections = piece<ElfW(Shdr)>(file, header[0].e_shoff, header[0].e_shnum);
    for (const auto& section : sections) {
      if (section.sh_type != SHT_SYMTAB || section.sh_link >= sections.size()) continue;
      const auto& strings = sections[section.sh_link];
      const auto text = piece<char>(file, strings.sh_offset, strings.sh_size);
      names_.assign(text.begin(), text.end());
      names_ += '\0';
      add_functions(piece<ElfW(Sym)>(file, section.sh_offset, section.sh_size / sizeof(ElfW(Sym))));
    }
  }

  void add_functions(const std::vector<ElfW(Sym)>& symbols) {
    for (const auto& symbol : symbols) {
      const bool is_function = (symbol.st_info & 0xF) == STT_FUNC && symbol.st_shndx != SHN_UNDEF;
      if (is_function && symbol.st_size != 0 && symbol.st_name < names_.size())
        functions_.push_back({symbol.st_value, symbol.st_size, symbol.st_name});
    }
    std::sort(functions_.begin(), functions_.end(),
              [](const Function& a, const Function& b) { return a.start < b.start; });
  }

  std::uintptr_t bias_ = 0;
  std::uintptr_t begin_ = 0;
  std::uintptr_t end_ = 0;
  std::string names_;
  std::vector<Function> functions_;
};

std::string hex(std::uintptr_t number) {
  char digits[2 * sizeof number];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number, 16).ptr;
  return "0x" + std::string{digits, end};
}

std::string demangled(const std::string& name) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text{abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status),
                                                    std::free};
  std::string readable = status == 0 ? text.get() : name;
  if (readable.size() > kLongestName) readable.replace(kLongestName, std::string::npos, "...");
  return readable;
}

}  // namespace

std::string describe_address(std::uintptr_t address) {
  Named named = ProgramSymbols::get().find(address);
  Dl_info module{};
  const bool known = ::dladdr(reinterpret_cast<const void*>(address), &module) != 0;
  if (named.name.empty() && known && module.dli_sname != nullptr)
    named = {module.dli_sname, address - reinterpret_cast<std::uintptr_t>(module.dli_saddr)};
  std::string text = named.name.empty() ? hex(address) : demangled(named.name) + " +" + hex(named.offset);
  if (known && module.dli_fname != nullptr) {
    const std::string_view path{module.dli_fname};
    text.append(" (").append(path.substr(path.rfind('/') + 1)).append(")");
  }
  return text;
}

}  // namespace forkmill::worker
