// The main function of every test program; CMake names the room.
#define BOOST_TEST_MODULE POSTERN_TEST_ROOM
#include <boost/test/unit_test.hpp>
