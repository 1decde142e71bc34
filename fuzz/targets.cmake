# One line per fuzzer: its name (fuzz/NAME.cpp, fuzz/corpus/NAME/) and the rooms that it links.
# fuzz/CMakeLists.txt makes libFuzzer programs of them, tests/CMakeLists.txt one program that replays every corpus.
set(FUZZ_TARGETS "")

function(fuzz_target name)
  set(FUZZ_TARGETS ${FUZZ_TARGETS} ${name} PARENT_SCOPE)
  set(FUZZ_ROOMS_${name} ${ARGN} PARENT_SCOPE)
endfunction()

fuzz_target(address         mail base)
fuzz_target(header          mail base)
fuzz_target(policy          policy mail base)
fuzz_target(configuration   gateway spool smtp discovery crypto policy inspect audit net mail base)
fuzz_target(command         smtp net mail base)
fuzz_target(reply           smtp net mail base)
fuzz_target(data            smtp net mail base)
fuzz_target(bdat            smtp net mail base)
fuzz_target(server_session  smtp net mail base)
fuzz_target(dns_answer      discovery net mail base)
fuzz_target(certificate_name mail base)
fuzz_target(inspect         inspect mail base)
fuzz_target(skeleton        inspect mail base)
fuzz_target(facts           inspect mail base)
fuzz_target(spool_record    spool crypto mail base)
