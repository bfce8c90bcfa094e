{{ unite(
    {
        'salesforce': 'stg_salesforce__products',
        'hubspot': 'stg_hubspot__products',
        'pipedrive': 'stg_pipedrive__products',
        'dynamics': 'int_products__dynamics',
        'files': 'stg_files__products',
    },
    {
        'product_id': 'varchar',
        'product_name': 'varchar',
        'product_family': 'varchar',
        'list_price_amount': 'decimal(18, 2)',
    },
) }}
