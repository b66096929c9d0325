import { describeAggregates } from './aggregate-harness.ts';
import { cases } from './aggregates.cases.ts';

describeAggregates(cases);
