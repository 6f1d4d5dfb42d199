/** Where `std:http` cannot be led. */
import { NETWORK } from "./network.ts";
import { attackSuite } from "./suite.ts";

attackSuite("network", NETWORK);
