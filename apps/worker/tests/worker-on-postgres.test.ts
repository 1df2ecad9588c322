import { describeWorker } from "./worker-laws.ts";

describeWorker("postgres", null);
