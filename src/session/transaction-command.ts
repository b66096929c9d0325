import { refuse } from '../base/errors.ts';
import { child, children, constantOf, flagOf, type RawFields, textOf } from './raw-tree.ts';
import type { TransactionModes } from './transaction.ts';

export type TransactionCommand =
  | { readonly kind: 'begin'; readonly tag: 'BEGIN' | 'START TRANSACTION'; readonly modes: TransactionModes }
  | { readonly kind: 'commit' | 'rollback'; readonly chain: boolean }
  | { readonly kind: 'savepoint' | 'release' | 'rollback-to'; readonly name: string };

export function transactionCommand(fields: RawFields): TransactionCommand {
  const name = textOf(fields, 'savepoint_name') ?? '';
  const chain = flagOf(fields, 'chain');
  const kind = textOf(fields, 'kind');
  switch (kind) {
    case 'TRANS_STMT_BEGIN':
      return { kind: 'begin', tag: 'BEGIN', modes: transactionModes(fields, 'options') };
    case 'TRANS_STMT_START':
      return { kind: 'begin', tag: 'START TRANSACTION', modes: transactionModes(fields, 'options') };
    case 'TRANS_STMT_COMMIT':
      return { kind: 'commit', chain };
    case 'TRANS_STMT_ROLLBACK':
      return { kind: 'rollback', chain };
    case 'TRANS_STMT_SAVEPOINT':
      return { kind: 'savepoint', name };
    case 'TRANS_STMT_RELEASE':
      return { kind: 'release', name };
    case 'TRANS_STMT_ROLLBACK_TO':
      return { kind: 'rollback-to', name };
    default:
      throw refuse('two-phase commit');
  }
}

/** `ISOLATION LEVEL …, READ ONLY`: the grammar has turned them into settings. */
export function transactionModes(fields: RawFields, list: string): TransactionModes {
  return children(fields, list).map((option) => {
    const constant = constantOf(child(option.fields, 'arg'));
    const value = constant === undefined || constant.kind === 'null' ? 'on' : constant.text;
    return [textOf(option.fields, 'defname') ?? '', value];
  });
}
