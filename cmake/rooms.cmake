# room(NAME LIBS … [ONLY file …]): every .cpp of the folder NAME, or only those that are named, become one object library,
# room_NAME.
# Which room may include which is a test (tests/include_graph.py), not a matter of include paths.
set(POSTERN_ROOMS "" CACHE INTERNAL "")

function(room name)
  cmake_parse_arguments(ARG "" "" "LIBS;ONLY" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${name}/*.cpp)
  if(ARG_ONLY)
    list(TRANSFORM ARG_ONLY PREPEND ${CMAKE_SOURCE_DIR}/${name}/ OUTPUT_VARIABLE sources)
  endif()
  if(NOT sources)
    return()
  endif()
  add_library(room_${name} OBJECT ${sources})
  target_include_directories(room_${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(room_${name} PUBLIC Threads::Threads Boost::headers ${ARG_LIBS})
  set(POSTERN_ROOMS "${POSTERN_ROOMS};room_${name}" CACHE INTERNAL "")
endfunction()

# use_rooms(TARGET room …): link the objects and the libraries of the named rooms.
function(use_rooms target)
  foreach(name ${ARGN})
    if(TARGET room_${name})
      target_sources(${target} PRIVATE $<TARGET_OBJECTS:room_${name}>)
      target_link_libraries(${target} PRIVATE room_${name})
    endif()
  endforeach()
endfunction()

# literals(SOURCE FOLDER file …): SOURCE can include each text as a string literal, "FOLDER/<name>.inc".
function(literals source folder)
  foreach(path ${ARGN})
    file(READ ${CMAKE_SOURCE_DIR}/${path} text)
    get_filename_component(name ${path} NAME)
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/literals/${folder}/${name}.inc CONTENT "R\"text(@text@)text\"\n" @ONLY)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${path})
  endforeach()
  set_source_files_properties(${source} PROPERTIES INCLUDE_DIRECTORIES ${CMAKE_BINARY_DIR}/literals)
endfunction()

# confined_program(NAME ROOMS … SOURCES … LIBS …): a program of these rooms only.
function(confined_program name)
  cmake_parse_arguments(ARG "" "" "ROOMS;SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  use_rooms(${name} ${ARG_ROOMS})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS})
endfunction()

function(program name)
  if(NOT EXISTS ${CMAKE_SOURCE_DIR}/${ARGV1})
    return()
  endif()
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE ${POSTERN_ROOMS})
endfunction()
